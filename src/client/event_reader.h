// EventReader: Server-Sent Events out of the bytes that bring them, however these are cut.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace laminar::client {

struct Event {
  std::string name;  // "message" if the server gave none
  std::string data;  // lines joined by '\n'
};

// Not thread-safe.
class EventReader {
 public:
  static constexpr size_t kMostBytes = 8 << 20;  // of one event

  // on_event: called for each whole event; false: no more are wanted, and the rest of the bytes is left.
  explicit EventReader(std::function<bool(const Event&)> on_event) : on_event_(std::move(on_event)) {}

  // False: on_event has had enough, or an event is larger than kMostBytes (too_large says which).
  bool Feed(std::string_view bytes);
  bool too_large() const { return too_large_; }

 private:
  bool EndLine();

  const std::function<bool(const Event&)> on_event_;
  std::string line_;
  Event event_;
  bool has_data_ = false, after_cr_ = false, at_start_ = true, too_large_ = false, enough_ = false;
};

}  // namespace laminar::client
