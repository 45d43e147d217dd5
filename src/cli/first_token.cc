#include "cli/first_token.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace laminar::cli {

namespace {

Status TokenFileFailed(const std::string& file) {
  return Status::Environment("the file of --first-token-file, " + file +
                                 ", cannot be written: " + std::error_code(errno, std::generic_category()).message(),
                             "Name a file in a folder that is there and may be written");
}

}  // namespace

Result<FirstToken> FirstToken::Prepare(const std::string& file) {
  if (file.empty()) return FirstToken("", false);
  int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool is_new = fd >= 0;
  if (fd < 0 && errno == EEXIST) fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return TokenFileFailed(file);
  close(fd);
  return FirstToken(file, is_new);
}

Status FirstToken::Put(const std::string& token) const {
  if (file_.empty()) {
    std::printf("The database is new. This token may do everything; it is shown only here:\n\n  %s\n\n", token.c_str());
    std::fflush(stdout);
    return Status::Ok();
  }
  const std::string line = token + "\n";
  const int fd = open(file_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  const bool written = fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
                       write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && fsync(fd) == 0;
  const Status status = written ? Status::Ok() : TokenFileFailed(file_);
  if (fd >= 0) close(fd);
  return status;
}

void FirstToken::None() const {
  if (is_new_) unlink(file_.c_str());
}

}  // namespace laminar::cli
