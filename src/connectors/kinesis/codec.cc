#include "connectors/kinesis/codec.h"

#include <cmath>

#include "aws/base64.h"
#include "formats/format.h"

namespace laminar::kinesis {

RecordStorage::RecordStorage(std::string answer) : body(std::move(answer)), body_size(body.size()) {
  body.append(kRecordPadding, '\0');
}

std::string_view RecordStorage::Keep(std::string text) {
  text.append(kRecordPadding, '\0');
  strings.push_back(std::make_unique<std::string>(std::move(text)));
  return {strings.back()->data(), strings.back()->size() - kRecordPadding};
}

bool RecordStorage::DecodeBase64(std::string_view text, std::string_view* out) {
  // All of the texts lie in the body without overlap, so all that is decoded from them fits into its bound.
  if (!data) data.reset(new char[aws::Base64DecodedBound(body_size) + kRecordPadding]());
  char* begin = data.get() + used_;
  const ptrdiff_t size = aws::Base64Decode(text, begin);
  if (size < 0) return false;
  *out = {begin, static_cast<size_t>(size)};
  used_ += static_cast<size_t>(size);
  return true;
}

namespace {
// 1e11 s is the year 5138, 1e11 ms is 1973: no stream holds records of either.
constexpr double kMostServiceSeconds = 1e11;
// Latest time that a microsecond count holds.
constexpr double kMostSeconds = 9.2e12;
}  // namespace

int64_t TimestampFromSeconds(double seconds) {
  if (!(std::abs(seconds) < kMostSeconds)) return 0;
  if (std::abs(seconds) >= kMostServiceSeconds)
    return static_cast<int64_t>(std::llround(seconds * 1e3));  // milliseconds, written as a double
  return static_cast<int64_t>(std::llround(seconds * 1e6));
}

int64_t TimestampFromInteger(int64_t value) {
  if (value > -100'000'000'000 && value < 100'000'000'000) return value * 1'000'000;
  if (value > INT64_MAX / 1'000 || value < INT64_MIN / 1'000) return 0;
  return value * 1'000;
}

}  // namespace laminar::kinesis
