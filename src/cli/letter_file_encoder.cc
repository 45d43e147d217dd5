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

namespace laminar::cli {

namespace {

constexpr size_t kLargestPlainFile = 256 << 20;

std::string_view WithoutLineEnd(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Of a letter, or of a file: as it is, or decompressed into `buffer`; nothing: that cannot be done.
std::optional<std::string_view> Plain(std::string_view bytes, RecordBuffer* buffer) {
  const Compression compression = DetectCompression(bytes);
  if (compression == Compression::kNone) return bytes;
  if (!Decompressor(kLargestPlainFile).Decompress(bytes, compression, buffer).empty()) return std::nullopt;
  return buffer->view();
}

class LetterFileEncoder final : public Encoder {
 public:
  explicit LetterFileEncoder(const std::string& path) : path_(path) {}

  Status Encode(const Batch& batch, EncodedRows* out) override {
    duckdb::UnifiedVectorFormat format;
    // As in ForEachRecord: it may flatten, which changes no value.
    const_cast<duckdb::Vector&>(batch.chunk().data[2]).ToUnifiedFormat(batch.rows(), format);
    const auto* const header_bytes = duckdb::UnifiedVectorFormat::GetData<int64_t>(format);
    Status status;
    ForEachRecord(batch, [&](size_t row, std::string_view data) {
      if (!status.ok()) return;
      status = Append(data, static_cast<size_t>(header_bytes[format.sel->get_index(row)]), &out->bytes);
      out->ends.push_back(out->bytes.size());
    });
    return status;
  }

 private:
  // A line feed at the end of each record, so that the next one begins a line: within what is compressed.
  Status Append(std::string_view data, size_t header_bytes, std::string* bytes) {
    RecordBuffer buffer;
    const std::optional<std::string_view> plain = Plain(data, &buffer);
    if (!plain) {  // that is what is bad about it
      *bytes += data;
      return Status::Ok();
    }
    std::string_view lines = *plain;
    if (header_bytes > 0) RETURN_IF_ERROR(TakeHeader(std::min(header_bytes, lines.size()), &lines));
    const Compression compression = DetectCompression(data);
    if (compression == Compression::kNone) {
      *bytes += lines;
      if (!lines.ends_with('\n')) bytes->push_back('\n');
    } else if (lines.size() == plain->size() && lines.ends_with('\n')) {
      *bytes += data;
    } else {
      whole_.assign(lines);
      if (!lines.ends_with('\n')) whole_.push_back('\n');
      Compressor(compression).Append(whole_, bytes);
    }
    return Status::Ok();
  }

  // Takes the header off the front of `lines`, unless they begin the file.
  Status TakeHeader(size_t header_bytes, std::string_view* lines) {
    const std::string_view header = WithoutLineEnd(lines->substr(0, header_bytes));
    if (!header_) {
      bool has_rows = false;
      RETURN_IF_ERROR(ReadFile(header, &has_rows));
      header_ = header;
      if (!has_rows) return Status::Ok();
    }
    if (header != *header_) {
      return Status::User("a record has the header " + std::string(header) + ", and the file " + path_ + " has " +
                              *header_ + ": a file has one header",
                          "Put the records into a stream, where each has its own, or into another file");
    }
    lines->remove_prefix(header_bytes);
    return Status::Ok();
  }

  // What the file begins with, before this adds to it.
  Status ReadFile(std::string_view header, bool* has_rows) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path_, error)) return Status::Ok();
    const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    const uintmax_t size = fd < 0 ? 0 : std::filesystem::file_size(path_, error);
    if (size == 0) {
      if (fd >= 0) close(fd);
      return Status::Ok();
    }
    *has_rows = true;
    // Input::Open would refuse what a pipeline writes, and this one does.
    ASSIGN_OR_RETURN(const auto mapped, file::MappedFile::Of(std::make_shared<const file::Input>(
                                            fd, /*owned=*/true, "file " + path_, /*seekable=*/true, size)));
    RecordBuffer buffer;
    const std::string_view plain = Plain(mapped->record(), &buffer).value_or("");
    const std::string_view rest = plain.starts_with(header) ? plain.substr(header.size()) : "another";
    if (rest.empty() || rest.starts_with('\n') || rest.starts_with("\r\n")) return Status::Ok();
    return Status::User(
        "the file " + path_ + " does not begin with the header that the records have: " + std::string(header),
        "Name a new file, or put the records into a stream, where each has its own");
  }

  const std::string path_;
  std::optional<std::string> header_;  // the file's
  std::string whole_;                  // a record that is compressed anew
};

}  // namespace

std::unique_ptr<Encoder> MakeLetterFileEncoder(const std::string& path) {
  return std::make_unique<LetterFileEncoder>(path);
}

}  // namespace laminar::cli
