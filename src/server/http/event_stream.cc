// The format: HTML Living Standard, section 9.2, "Server-sent events".
#include "server/http/event_stream.h"

#include <algorithm>
#include <utility>

namespace laminar::server {

namespace {

std::string Event(std::string_view name, std::string_view data) {
  std::string event = "event: " + std::string(name) + "\n";
  for (size_t begin = 0; begin <= data.size();) {
    const size_t end = std::min(data.find_first_of("\r\n", begin), data.size());
    event.append("data: ").append(data.substr(begin, end - begin)).push_back('\n');
    begin = end + 1;
  }
  event.push_back('\n');
  return event;
}

}  // namespace

bool EventStream::Send(std::string_view name, std::string_view data) {
  std::string event = Event(name, data);
  const std::lock_guard lock(mutex_);
  if (closed_ || ended_) return false;
  if (bytes_.size() + event.size() > kMostBytes) {
    left_out_++;
    return false;
  }
  if (left_out_ > 0) bytes_ += Event("left_out", std::to_string(std::exchange(left_out_, 0)));
  bytes_ += event;
  return true;
}

void EventStream::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

void EventStream::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  bytes_.clear();
}

bool EventStream::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void EventStream::WhileAllowed(std::function<bool()> allowed) {
  allowed_ = std::move(allowed);
}

std::string EventStream::Take(bool* ended) {
  if (allowed_ && ++takes_ % kTakesUntilAsked == 0 && !allowed_()) {
    Close();
    *ended = true;
    return "";
  }
  const std::lock_guard lock(mutex_);
  std::string bytes = std::exchange(bytes_, {});
  if (left_out_ > 0) bytes += Event("left_out", std::to_string(std::exchange(left_out_, 0)));
  *ended = ended_;
  return bytes;
}

}  // namespace laminar::server
