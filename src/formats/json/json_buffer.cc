#include "formats/json/json_buffer.h"

#include <algorithm>
#include <cstring>

namespace laminar {

void JsonBuffer::Append(std::string_view text) {
  if (text.empty()) return;  // nothing may be allocated yet
  char* p = Reserve(text.size());
  std::memcpy(p, text.data(), text.size());
  end_ += text.size();
}

void JsonBuffer::Grow(size_t size) {
  const auto used = static_cast<size_t>(end_ - bytes_.get());
  const size_t capacity = std::max<size_t>(2 * static_cast<size_t>(limit_ - bytes_.get()), used + size + 1024);
  auto grown = std::unique_ptr<char[]>(new char[capacity]);  // not zeroed
  if (used > 0) std::memcpy(grown.get(), bytes_.get(), used);
  bytes_ = std::move(grown);
  end_ = bytes_.get() + used;
  limit_ = bytes_.get() + capacity;
}

}  // namespace laminar
