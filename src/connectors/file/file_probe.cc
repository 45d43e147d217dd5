#include "connectors/file/file_probe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "base/units.h"
#include "connectors/file/line_blocks.h"
#include "formats/format.h"

namespace laminar::file {

namespace {

Status CannotWrite(const std::string& path, int error, const std::string& hint) {
  return Status::Environment("cannot write file " + path + ": " + std::strerror(error), hint);
}

// A file without a name, which is gone when it is closed: shows whether files can be made there.
void TestFolder(const std::string& path, const FileAccess& files, ConnectionTest* test) {
  const auto folder = files.OpenFolderOf(path);
  if (!folder.ok()) return test->Failed("file", folder.status());
  if (folder->fd < 0) return test->Failed("file", CannotWrite(path, folder->error, "Create its directory"));
  const int made = openat(folder->fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  const int error = errno;
  close(folder->fd);
  if (made >= 0) close(made);
  if (made >= 0) return test->Ok("file", "it is not there, and can be made");
  // Not all file systems know such files.
  if (error == EOPNOTSUPP || error == EISDIR)
    return test->Skipped("file", "it is not there; whether it can be made is not known");
  test->Failed("file", CannotWrite(path, error, "Give the server's user the right to write into its directory"));
}

}  // namespace

void TestFileSource(const std::string& path, const FileAccess& files, ConnectionTest* test) {
  if (path == "-" || path == "/dev/stdin")
    return test->Skipped("file", "it is the standard input, which is not read twice");
  const auto input = Input::Open(path, files);
  if (!input.ok()) return test->Failed("file", input.status());
  if (!(*input)->seekable) return test->Skipped("file", (*input)->what + " is a pipe, which is not read twice");
  const auto size = static_cast<uint64_t>((*input)->size);
  test->Ok("file", "it can be read, and has " + FormatBytes(size));
  if (size == 0) return test->Skipped("records", "the file is empty");
  const size_t length = std::min<size_t>(size, test->limits().bytes);
  auto bytes =
      std::make_shared<std::string>(length + kRecordPadding, '\0');  // shared: with whoever looks at the sample
  const auto read = (*input)->ReadAt(0, bytes->data(), length);
  if (!read.ok()) return test->Failed("file", read.status());
  SampledRecords sample;
  sample.records = {RecordView(bytes->data(), *read)};
  sample.storage = std::move(bytes);
  sample.file = (*input)->what;
  sample.is_cut = length < size;
  test->samples.push_back(std::move(sample));
}

void TestFileSink(const std::string& path, const FileAccess& files, ConnectionTest* test) {
  const auto opened = files.Open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
  if (!opened.ok()) return test->Failed("file", opened.status());
  if (opened->fd < 0 && opened->error == ENOENT) return TestFolder(path, files, test);
  if (opened->fd < 0)
    return test->Failed("file", CannotWrite(path, opened->error, "Give the server's user the right to write it"));
  struct stat info {};
  const bool known = fstat(opened->fd, &info) == 0;
  close(opened->fd);
  test->Ok("file", known && info.st_size > 0
                       ? "it can be written, and has " + FormatBytes(static_cast<uint64_t>(info.st_size)) + " now"
                       : "it can be written");
}

}  // namespace laminar::file
