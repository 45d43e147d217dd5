#include "connectors/file/mapped_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace laminar::file {

// Anonymous memory first, the file over it: kRecordPadding bytes are readable behind it, however its size falls on
// pages.
Result<std::shared_ptr<MappedFile>> MappedFile::Of(std::shared_ptr<const Input> input) {
  const auto size = static_cast<size_t>(input->size);
  const size_t length = size + kRecordPadding;
  void* const base = mmap(nullptr, length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return input->Failed(errno);
  std::shared_ptr<MappedFile> mapped(new MappedFile(input, base, length));
  if (size > 0 && mmap(base, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, input->fd, 0) == MAP_FAILED)
    return input->Failed(errno);
  (void)madvise(base, length, MADV_SEQUENTIAL);
  return mapped;
}

MappedFile::~MappedFile() {
  munmap(base_, length_);
}

}  // namespace laminar::file
