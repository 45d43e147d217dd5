#include "duck/memory_files.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "duckdb/common/allocator.hpp"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/file_system.hpp"
#include "duckdb/common/virtual_file_system.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/connection.hpp"
#include "duckdb/main/database.hpp"

#include "base/check.h"

namespace laminar {

namespace {

// What DuckDB allocates to read into, by address. Its Parquet reader takes from the file how much it reads into a
// buffer, and does not always compare that with the buffer: a damaged page would write over other memory. Any thread.
class Allocations {
 public:
  // Throws if [begin, begin + count) begins within an allocation and ends outside of it.
  void Check(const void* begin, size_t count) {
    const auto* const at = static_cast<const duckdb::data_t*>(begin);
    std::lock_guard lock(mutex_);
    auto next = sizes_.upper_bound(at);
    if (next == sizes_.begin()) return;
    const auto& [from, size] = *--next;
    const auto offset = static_cast<size_t>(at - from);
    if (offset < size && count > size - offset)
      throw duckdb::IOException("a part of the file is larger than the file says: %llu bytes, and not %llu", count,
                                size - offset);
  }

  static duckdb::unique_ptr<duckdb::Allocator> MakeAllocator(std::shared_ptr<Allocations> allocations) {
    auto data = duckdb::make_uniq<Data>();
    data->allocations = std::move(allocations);
    return duckdb::make_uniq<duckdb::Allocator>(Allocate, Free, Reallocate, std::move(data));
  }

 private:
  struct Data final : public duckdb::PrivateAllocatorData {
    std::shared_ptr<Allocations> allocations;  // shared: with the file system
  };
  static Allocations& Of(duckdb::PrivateAllocatorData* data) { return *static_cast<Data*>(data)->allocations; }

  static duckdb::data_ptr_t Allocate(duckdb::PrivateAllocatorData* data, duckdb::idx_t size) {
    const duckdb::data_ptr_t memory = duckdb::Allocator::DefaultAllocate(nullptr, size);
    if (memory != nullptr) Of(data).Add(memory, size);
    return memory;
  }
  static void Free(duckdb::PrivateAllocatorData* data, duckdb::data_ptr_t memory, duckdb::idx_t size) {
    Of(data).Remove(memory);
    duckdb::Allocator::DefaultFree(nullptr, memory, size);
  }
  static duckdb::data_ptr_t Reallocate(duckdb::PrivateAllocatorData* data, duckdb::data_ptr_t memory,
                                       duckdb::idx_t old_size, duckdb::idx_t size) {
    Of(data).Remove(memory);
    const duckdb::data_ptr_t moved = duckdb::Allocator::DefaultReallocate(nullptr, memory, old_size, size);
    if (moved != nullptr) Of(data).Add(moved, size);
    return moved;
  }

  void Add(const duckdb::data_t* memory, size_t size) {
    std::lock_guard lock(mutex_);
    sizes_[memory] = size;
  }
  void Remove(const duckdb::data_t* memory) {
    std::lock_guard lock(mutex_);
    sizes_.erase(memory);
  }

  std::mutex mutex_;
  std::map<const duckdb::data_t*, size_t> sizes_;  // guarded by mutex_
};

}  // namespace

// Any thread.
class MemoryFileSystem final : public duckdb::FileSystem {
 public:
  explicit MemoryFileSystem(std::shared_ptr<Allocations> allocations) : allocations_(std::move(allocations)) {}

  struct Content {
    std::string_view bytes;
    std::string* out = nullptr;
  };

  std::string Add(const Content& content) {
    std::lock_guard lock(mutex_);
    std::string name = "memory:" + std::to_string(next_++);
    files_.emplace(name, content);
    return name;
  }
  void Remove(const std::string& name) {
    std::lock_guard lock(mutex_);
    files_.erase(name);
  }

  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(const duckdb::string& path, duckdb::FileOpenFlags flags,
                                                  duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    const std::optional<Content> content = Find(path);
    if (content) return duckdb::make_uniq<Handle>(*this, path, flags, *content);
    if (flags.ReturnNullIfNotExists()) return nullptr;
    throw duckdb::IOException("there is no file %s in memory", path);
  }

  void Read(duckdb::FileHandle& handle, void* buffer, int64_t count, duckdb::idx_t location) override {
    const std::string_view bytes = Of(handle).content.bytes;
    const auto wanted = static_cast<size_t>(count);
    if (location > bytes.size() || wanted > bytes.size() - location)
      throw duckdb::IOException("the file ends too early: it has %llu bytes", bytes.size());
    allocations_->Check(buffer, wanted);
    if (wanted > 0) std::memcpy(buffer, bytes.data() + location, wanted);
  }
  int64_t Read(duckdb::FileHandle& handle, void* buffer, int64_t count) override {
    Handle& file = Of(handle);
    const std::string_view rest = file.content.bytes.substr(std::min(file.position, file.content.bytes.size()));
    const size_t got = std::min(rest.size(), static_cast<size_t>(count));
    allocations_->Check(buffer, got);
    if (got > 0) std::memcpy(buffer, rest.data(), got);
    file.position += got;
    return static_cast<int64_t>(got);
  }
  int64_t Write(duckdb::FileHandle& handle, void* buffer, int64_t count) override {
    std::string* const out = Of(handle).content.out;
    if (out == nullptr) throw duckdb::IOException("the file is not there to be written");
    out->append(static_cast<const char*>(buffer), static_cast<size_t>(count));
    return count;
  }

  int64_t GetFileSize(duckdb::FileHandle& handle) override {
    const Content& content = Of(handle).content;
    return static_cast<int64_t>(content.out == nullptr ? content.bytes.size() : content.out->size());
  }
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle& /*handle*/) override { return duckdb::timestamp_t(0); }
  duckdb::string GetVersionTag(duckdb::FileHandle& handle) override { return handle.path; }
  duckdb::FileType GetFileType(duckdb::FileHandle& /*handle*/) override { return duckdb::FileType::FILE_TYPE_REGULAR; }
  void FileSync(duckdb::FileHandle& /*handle*/) override {}

  bool FileExists(const duckdb::string& path, duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    return Find(path).has_value();
  }
  bool DirectoryExists(const duckdb::string& /*path*/, duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    return false;
  }
  bool IsPipe(const duckdb::string& /*path*/, duckdb::optional_ptr<duckdb::FileOpener> /*opener*/) override {
    return false;
  }
  duckdb::vector<duckdb::OpenFileInfo> Glob(const duckdb::string& path, duckdb::FileOpener* /*opener*/) override {
    duckdb::vector<duckdb::OpenFileInfo> found;
    if (Find(path)) found.emplace_back(path);
    return found;
  }

  void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override { Of(handle).position = location; }
  void Reset(duckdb::FileHandle& handle) override { Of(handle).position = 0; }
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override { return Of(handle).position; }
  bool CanSeek() override { return true; }
  bool OnDiskFile(duckdb::FileHandle& /*handle*/) override { return true; }  // reading here and there costs nothing
  std::string GetName() const override { return "MemoryFileSystem"; }

 private:
  struct Handle final : public duckdb::FileHandle {
    Handle(MemoryFileSystem& owner, const std::string& path, duckdb::FileOpenFlags flags, const Content& content)
        : FileHandle(owner, path, flags), content(content) {}
    ~Handle() override { Handle::Close(); }
    void Close() override {}
    const Content content;
    size_t position = 0;
  };
  static Handle& Of(duckdb::FileHandle& handle) { return handle.Cast<Handle>(); }

  std::optional<Content> Find(const std::string& name) {
    std::lock_guard lock(mutex_);
    const auto found = files_.find(name);
    return found == files_.end() ? std::nullopt : std::optional(found->second);
  }

  const std::shared_ptr<Allocations> allocations_;  // shared: with the instance's allocator
  std::mutex mutex_;
  std::map<std::string, Content> files_;  // guarded by mutex_
  uint64_t next_ = 0;                     // guarded by mutex_
};

MemoryFiles::MemoryFiles() = default;
MemoryFiles::~MemoryFiles() = default;

Result<std::shared_ptr<MemoryFiles>> MemoryFiles::Open(int64_t memory_limit_bytes) {
  CHECK(memory_limit_bytes > 0);
  std::shared_ptr<MemoryFiles> files(new MemoryFiles());
  try {
    duckdb::DBConfig config;
    const auto allocations = std::make_shared<Allocations>();
    config.allocator = Allocations::MakeAllocator(allocations);
    auto file_system = duckdb::make_uniq<MemoryFileSystem>(allocations);
    files->file_system_ = file_system.get();
    config.file_system = duckdb::make_uniq<duckdb::VirtualFileSystem>(std::move(file_system));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("allow_community_extensions", duckdb::Value::BOOLEAN(false));
    // Each file is read once: remembering its bytes would only fill memory.
    config.SetOptionByName("enable_external_file_cache", duckdb::Value::BOOLEAN(false));
    config.options.use_temporary_directory = false;
    config.options.maximum_threads = 1;
    config.options.maximum_memory = static_cast<duckdb::idx_t>(memory_limit_bytes);
    files->db_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
    duckdb::Connection connection(*files->db_);
    for (const char* set : {"SET GLOBAL TimeZone = 'UTC'", "SET GLOBAL lock_configuration = true"}) {
      const auto result = connection.Query(set);
      if (result->HasError()) result->ThrowError();
    }
  } catch (const std::exception& exception) {
    return Status::Environment("DuckDB did not start: " + duckdb::ErrorData(exception).RawMessage());
  }
  return files;
}

std::unique_ptr<DuckSession> MemoryFiles::NewSession() {
  return std::make_unique<DuckSession>(std::make_unique<duckdb::Connection>(*db_));
}

MemoryFiles::File::File(MemoryFiles* files, std::string_view bytes)
    : files_(files), name_(files->file_system_->Add({.bytes = bytes})) {}
MemoryFiles::File::File(MemoryFiles* files, std::string* out)
    : files_(files), name_(files->file_system_->Add({.bytes = {}, .out = out})) {}
MemoryFiles::File::~File() {
  files_->file_system_->Remove(name_);
}

}  // namespace laminar
