#include "cli/letter_file_encoder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/record_format.h"
#include "connectors/file/mapped_file.h"
#include "duck/pch.h"
#include "formats/compression/compressor.h"
#include "formats/compression/decompressor.h"
#include "formats/schema_header.h"

namespace laminar::cli {

namespace {

constexpr size_t kLargestPlainFile = 256 << 20;

std::string_view WithoutLineEnd(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// As it is, or decompressed into `buffer`; nothing: that cannot be done.
std::optional<std::string_view> Plain(std::string_view bytes, RecordBuffer* buffer) {
  const Compression compression = DetectCompression(bytes);
  if (compression == Compression::kNone) return bytes;
  if (!Decompressor(kLargestPlainFile).Decompress(bytes, compression, buffer).empty()) return std::nullopt;
  return buffer->view();
}

// Records of it stand one behind the other, each told by its end.
bool IsOfLines(std::string_view format, std::string_view data) {
  if (format == "avro" || format == "parquet" || format == "raw" || format == "raw_bytes") return false;
  SchemaHeader header;
  return format != "json" ||
         (ReadSchemaHeader(RegistryKind::kConfluent, data, &header) != nullptr &&
          ReadSchemaHeader(RegistryKind::kGlue, data, &header) != nullptr && !IsZlibBehindHeader(data));
}

class LetterFileEncoder final : public Encoder {
 public:
  LetterFileEncoder(const std::string& path, ReplayCounts* counts) : path_(path), counts_(counts) {}

  Status Encode(const Batch& batch, EncodedRows* out) override {
    duckdb::UnifiedVectorFormat header_bytes, formats;
    // As in ForEachRecord: it may flatten, which changes no value.
    auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());
    chunk.data[2].ToUnifiedFormat(batch.rows(), header_bytes);
    chunk.data[3].ToUnifiedFormat(batch.rows(), formats);
    Status status;
    ForEachRecord(batch, [&](size_t row, std::string_view data) {
      if (!status.ok()) return;
      const auto& format = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(formats)[formats.sel->get_index(row)];
      status = Append(data, {format.GetData(), format.GetSize()},
                      static_cast<size_t>(duckdb::UnifiedVectorFormat::GetData<int64_t>(
                          header_bytes)[header_bytes.sel->get_index(row)]),
                      &out->bytes);
      out->ends.push_back(out->bytes.size());
    });
    return status;
  }

 private:
  // A line feed at the end of each record, so that the next one begins a line: within what is compressed.
  Status Append(std::string_view data, std::string_view format, size_t header_bytes, std::string* bytes) {
    if (!IsOfLines(format, data)) {
      return Status::User("a record of the format " + std::string(format) +
                              " cannot stand in a file with others: where it ends does not show",
                          "Put the records into a stream");
    }
    RecordBuffer buffer;
    const std::optional<std::string_view> plain = Plain(data, &buffer);
    if (!plain) {
      counts_->damaged++;
      return Status::Ok();
    }
    if (!compression_) RETURN_IF_ERROR(ReadFile());
    if (!compression_) compression_ = DetectCompression(data);
    std::string_view lines = *plain;
    if (header_bytes > 0) RETURN_IF_ERROR(TakeHeader(std::min(header_bytes, lines.size()), &lines));
    const bool is_whole = lines.size() == plain->size() && lines.ends_with('\n');
    if (*compression_ == Compression::kNone) {
      *bytes += lines;
      if (!lines.ends_with('\n')) bytes->push_back('\n');
    } else if (is_whole && DetectCompression(data) == *compression_) {
      *bytes += data;
    } else {
      whole_.assign(lines);
      if (!lines.ends_with('\n')) whole_.push_back('\n');
      Compressor(*compression_).Append(whole_, bytes);
    }
    return Status::Ok();
  }

  // Takes the header off the front of `lines`, unless they begin the file.
  Status TakeHeader(size_t header_bytes, std::string_view* lines) {
    const std::string_view header = WithoutLineEnd(lines->substr(0, header_bytes));
    if (!header_) {
      header_ = header;
      if (file_ == nullptr) return Status::Ok();
      RETURN_IF_ERROR(CheckFile(header));
    }
    if (header != *header_) {
      return Status::User("a record has the header " + std::string(header) + ", and the file " + path_ + " has " +
                              *header_ + ": a file has one header",
                          "Put the records into a stream, where each has its own, or into another file");
    }
    lines->remove_prefix(header_bytes);
    return Status::Ok();
  }

  // What is there before this adds to it.
  Status ReadFile() {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path_, error)) return Status::Ok();
    const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    const uintmax_t size = fd < 0 ? 0 : std::filesystem::file_size(path_, error);
    if (size == 0) {
      if (fd >= 0) close(fd);
      return Status::Ok();
    }
    // Input::Open would refuse what a pipeline writes, and this one does.
    ASSIGN_OR_RETURN(file_, file::MappedFile::Of(std::make_shared<const file::Input>(
                                fd, /*owned=*/true, "file " + path_, /*seekable=*/true, static_cast<int64_t>(size))));
    compression_ = DetectCompression(file_->record());
    return Status::Ok();
  }

  Status CheckFile(std::string_view header) const {
    RecordBuffer buffer;
    const std::string_view plain = Plain(file_->record(), &buffer).value_or("");
    const std::string_view rest = plain.starts_with(header) ? plain.substr(header.size()) : "another";
    if (rest.empty() || rest.starts_with('\n') || rest.starts_with("\r\n")) return Status::Ok();
    return Status::User(
        "the file " + path_ + " does not begin with the header that the records have: " + std::string(header),
        "Name a new file, or put the records into a stream, where each has its own");
  }

  const std::string path_;
  ReplayCounts* const counts_;
  std::shared_ptr<file::MappedFile> file_;  // nullptr: it was empty. Shared: MappedFile::Of makes it so
  std::optional<Compression> compression_;  // the file's
  std::optional<std::string> header_;       // the file's
  std::string whole_;                       // a record that is compressed anew
};

}  // namespace

std::unique_ptr<Encoder> MakeLetterFileEncoder(const std::string& path, ReplayCounts* counts) {
  return std::make_unique<LetterFileEncoder>(path, counts);
}

}  // namespace laminar::cli
