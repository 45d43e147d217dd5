#include "connectors/file/file_connector.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "connectors/file/file_probe.h"
#include "connectors/file/file_source.h"
#include "connectors/file/whole_file_sink.h"
#include "connectors/file/whole_file_source.h"
#include "connectors/line_sink.h"
#include "formats/compression/compression.h"

namespace laminar {

namespace {

// Whether a line that is added would go on with the last one. A compressed file has no lines.
bool LacksLineEnd(const FileAccess& files, const std::string& path, int64_t size) {
  const auto opened = files.Open(path, O_RDONLY | O_CLOEXEC);
  if (!opened.ok() || opened->fd < 0) return false;
  const int fd = opened->fd;
  char first[4] = {}, last = '\n';
  const bool known = size > 0 && pread(fd, first, sizeof first, 0) > 0 && pread(fd, &last, 1, size - 1) == 1;
  close(fd);
  return known && last != '\n' && DetectCompression({first, sizeof first}) == Compression::kNone;
}

// append: lines are added to what is there. keep: of a checkpoint.
Result<std::unique_ptr<LineOutput>> OpenOutput(const FileAccess& files, const std::string& path, bool append,
                                               std::optional<int64_t> keep) {
  const std::string what = "file " + path;
  ASSIGN_OR_RETURN(const FileAccess::Opened opened, files.Open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  const int fd = opened.fd;
  if (fd < 0) {
    const int error = opened.error;
    return Status::Environment("cannot write " + what + ": " + std::strerror(error),
                               error == ENOENT
                                   ? std::string("Create its directory, or name another file") +
                                         (files.is_any() ? "; a relative path starts at the current directory" : "")
                               : error == EACCES ? "Give this user the right to write it, or choose another path"
                               : error == EISDIR ? "Name a file in that directory"
                                                 : "");
  }
  auto output = std::make_unique<LineOutput>(fd, what, /*owned=*/true);
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return output;  // a device or a pipe has nothing to be replaced
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Status::Environment("cannot write " + what + ": a pipeline is reading or writing it",
                               "Name another file in one of the two tables");
  }
  // A file that is only added to may have been moved away since the checkpoint.
  if (append && keep.value_or(INT64_MAX) > info.st_size) keep = info.st_size;
  // What was written behind the checkpoint, perhaps torn, is written again.
  if (keep && *keep > info.st_size) {
    return Status::User(
        "the file " + path + " has " + std::to_string(info.st_size) + " bytes, and the checkpoint stands for " +
            std::to_string(*keep) + " of them",
        "Put it back, or begin anew with --fresh; a file that is moved away while the pipeline stands still is missed");
  }
  const auto end = static_cast<off_t>(keep.value_or(0));
  if (ftruncate(fd, end) != 0 || lseek(fd, end, SEEK_SET) < 0)
    return Status::Environment("cannot write " + what + ": " + std::strerror(errno));
  if (append && LacksLineEnd(files, path, end)) RETURN_IF_ERROR(output->Write("\n"));
  return output;
}

class FileConnector final : public Connector {
 public:
  explicit FileConnector(FileAccess files) : files_(std::move(files)) {}

  std::string name() const override { return "single_file"; }
  std::string description() const override {
    return "Reads a file to its end, or writes a file anew: lines, a Parquet file, or an Avro container";
  }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec> kOptions = {
        {.name = "path",
         .required = true,
         .help = "The file; a relative path starts at the current directory, of `laminar serve` at --files-dir. A "
                 "source also reads a named pipe, and '-' "
                 "as the standard input; a sink replaces what was in the file; going on from a checkpoint it keeps "
                 "what the checkpoint stands for",
         .example = "orders.jsonl"},
        {.name = "append",
         .type = OptionType::kBoolean,
         .use = OptionUse::kSink,
         .default_value = "false",
         .help = "Add to what is in the file instead of replacing it",
         .example = "true"},
    };
    return kOptions;
  }
  std::vector<std::string> formats() const override { return {"json", "csv", "raw_string", "parquet", "avro"}; }
  bool is_source() const override { return true; }
  bool is_sink() const override { return true; }
  bool WritesFile() const override { return true; }
  bool WritesWhole(const TableSpec& table) const override {
    if (table.format == nullptr) return false;
    const auto whole = table.format->MakeFileEncoder(table.schema, table.options);
    return whole.ok() && *whole != nullptr;
  }
  bool IsBounded(const TableSpec& table) const override { return table.options.String("path") != "-"; }

  void Check(const TableSpec& table, OptionUse use, std::vector<Status>* problems) const override {
    if (use == OptionUse::kSink && table.options.Has("path") && table.options.String("path") == "-") {
      problems->push_back(Status::User("connector 'single_file' cannot write to '-'", "Use connector = 'stdout'")
                              .At(table.options.position("path")));
    } else if (table.options.Has("path")) {
      Status allowed = files_.Check(table.options.String("path"));
      if (!allowed.ok()) problems->push_back(std::move(allowed).At(table.options.position("path")));
    }
    if (use == OptionUse::kSink && table.options.Boolean("append") && WritesWhole(table)) {
      problems->push_back(Status::User("rows cannot be added to a file of format '" +
                                           table.options.StringOr("format", "") + "': it is written as a whole",
                                       "Leave 'append' out, or write a file of lines (json, csv)")
                              .At(table.options.position("append")));
    }
    if (table.format == nullptr || table.format->Layout(table.options) != FileLayout::kNone) return;
    if (table.options.Written("avro.encoding")) {
      problems->push_back(Status::User("of Avro, a file can only be a container: other datums do not show their ends",
                                       "Leave avro.encoding out, or set it to container")
                              .At(table.options.position("avro.encoding")));
      return;
    }
    if (table.options.StringOr("compression", "none") == "none") {
      problems->push_back(Status::User("records that begin with the id of a schema cannot stand in a file: where one "
                                       "ends does not show",
                                       "Leave the options of the schema registry out, or use a stream")
                              .At(table.options.position("format")));
      return;
    }
    if (use == OptionUse::kSink) return;
    problems->push_back(
        Status::User("a file of lines of format '" + table.options.StringOr("format", "") +
                         "' cannot be read while it is compressed",
                     "Leave compression out, set path = '-', and decompress it on its way: zcat FILE | laminar run "
                     "...")
            .At(table.options.position("compression")));
  }

  void Test(const TableSpec& table, OptionUse use, ConnectionTest* test) const override {
    const std::string& path = table.options.String("path");
    use == OptionUse::kSink ? file::TestFileSink(path, files_, test) : file::TestFileSource(path, files_, test);
  }

  Result<std::unique_ptr<Source>> MakeSource(const TableSpec& table, const ConnectorContext& context) const override {
    RETURN_IF_ERROR(table.format->MakeDecoder(table.schema, table.options).status());
    if (table.format->Layout(table.options) == FileLayout::kWhole)
      return std::unique_ptr<Source>(std::make_unique<file::WholeFileSource>(table, context, files_));
    return std::unique_ptr<Source>(std::make_unique<file::FileSource>(table, context, files_));
  }

  Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const override {
    const std::string& path = table.options.String("path");
    ASSIGN_OR_RETURN(std::unique_ptr<FileEncoder> whole, table.format->MakeFileEncoder(table.schema, table.options));
    if (whole != nullptr) {
      return std::unique_ptr<Sink>(std::make_unique<file::WholeFileSink>(
          std::move(whole), table.name, context,
          [files = files_, path] { return OpenOutput(files, path, /*append=*/false, std::nullopt); }));
    }
    LineSinkOptions options;
    options.sync_at_finish = true;
    const bool append = table.options.Boolean("append");
    return LineSink::Make(table, context, options, [files = files_, path, append](std::optional<int64_t> keep) {
      return OpenOutput(files, path, append, keep);
    });
  }

 private:
  const FileAccess files_;
};

}  // namespace

std::unique_ptr<Connector> MakeFileConnector(FileAccess files) {
  return std::make_unique<FileConnector>(std::move(files));
}

}  // namespace laminar
