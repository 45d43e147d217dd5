#include "server/jobs/log_followers.h"

#include <string>
#include <utility>

#include "base/utc.h"

namespace laminar::server {

using nlohmann::json;

json LogLineToJson(const LogLine& line) {
  json fields = json::object();
  for (const LogLine::Field& field : line.fields) {
    json number = field.number ? json::parse(field.value, nullptr, /*allow_exceptions=*/false) : json();
    fields[field.key] = number.is_null() || number.is_discarded() ? json(field.value) : std::move(number);
  }
  return {{"number", line.number},
          {"at", Rfc3339(line.at_micros, /*milliseconds=*/true)},
          {"level", std::string(LogLevelName(line.level))},
          {"message", line.message},
          {"fields", std::move(fields)}};
}

std::shared_ptr<EventStream> LogFollowers::Add(int64_t after, const LogLines& lines) {
  Follower follower{std::make_shared<EventStream>(), after};
  std::shared_ptr<EventStream> events = follower.events;
  std::lock_guard lock(mutex_);
  if (PumpOne(&follower, lines)) followers_.push_back(std::move(follower));
  return events;
}

bool LogFollowers::Pump(const LogLines& lines) {
  std::lock_guard lock(mutex_);
  std::erase_if(followers_, [&](Follower& follower) { return !PumpOne(&follower, lines); });
  return !followers_.empty();
}

// False: it has had its last event.
bool LogFollowers::PumpOne(Follower* follower, const LogLines& lines) {
  if (follower->events->closed()) return false;
  const bool closed = lines.closed();  // before what there is: nothing comes behind it
  for (const LogLine& line : lines.After(follower->sent)) {
    follower->events->Send("line", LogLineToJson(line).dump(-1, ' ', false, json::error_handler_t::replace));
    follower->sent = line.number;
  }
  if (!closed) return true;
  follower->events->Send("done", "{}");
  follower->events->End();
  return false;
}

}  // namespace laminar::server
