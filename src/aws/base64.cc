#include "aws/base64.h"

#include <aws/common/byte_buf.h>
#include <aws/common/encoding.h>

#include "base/check.h"

namespace laminar::aws {

void Base64Append(std::string_view data, std::string* out) {
  const size_t before = out->size(), length = Base64EncodedSize(data.size());
  out->resize(before + length + 1);  // the CRT wants room for a terminating zero
  const aws_byte_cursor in = {data.size(), reinterpret_cast<uint8_t*>(const_cast<char*>(data.data()))};
  aws_byte_buf buffer = aws_byte_buf_from_empty_array(out->data() + before, length + 1);
  CHECK(aws_base64_encode(&in, &buffer) == AWS_OP_SUCCESS);
  out->resize(before + length);
}

ptrdiff_t Base64Decode(std::string_view text, char* out) {
  if (text.empty()) return 0;
  if (text.size() % 4 != 0) return -1;  // the CRT would take it as the variant without padding
  const aws_byte_cursor in = {text.size(), reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()))};
  aws_byte_buf buffer = aws_byte_buf_from_empty_array(out, Base64DecodedBound(text.size()));
  if (aws_base64_decode(&in, &buffer) != AWS_OP_SUCCESS) return -1;
  return static_cast<ptrdiff_t>(buffer.len);
}

}  // namespace laminar::aws
