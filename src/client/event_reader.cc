// The format: HTML Living Standard, section 9.2, "Server-sent events". Lines end with LF, CR or CRLF; an empty line
// ends an event; a line that begins with a colon is a comment; what has no data is no event. `id` and `retry` are not
// used: the data have their numbers.
#include "client/event_reader.h"

#include <algorithm>
#include <utility>

namespace laminar::client {

bool EventReader::Feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (enough_ || too_large_) return false;
    const bool is_second_half = after_cr_ && c == '\n';
    after_cr_ = c == '\r';
    if (is_second_half) continue;
    if (c == '\n' || c == '\r') {
      enough_ = !EndLine();
      continue;
    }
    line_.push_back(c);
    too_large_ = line_.size() + event_.data.size() > kMostBytes;
  }
  return !enough_ && !too_large_;
}

bool EventReader::EndLine() {
  const std::string whole = std::exchange(line_, {});
  std::string_view line = whole;
  if (at_start_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  at_start_ = false;
  if (line.empty()) {
    Event event = std::exchange(event_, {});
    if (event.name.empty()) event.name = "message";
    return !std::exchange(has_data_, false) || on_event_(event);
  }
  const size_t colon = std::min(line.find(':'), line.size());
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  const std::string_view field = line.substr(0, colon);
  if (field == "event") event_.name = value;
  if (field == "data") {
    if (has_data_) event_.data.push_back('\n');
    event_.data += value;
    has_data_ = true;
  }
  return true;
}

}  // namespace laminar::client
