#include "client/log_follower.h"

#include <algorithm>

#include "client/json_text.h"
#include "client/pipeline_text.h"

namespace laminar::client {

namespace {

constexpr int64_t kJobPollMillis = 500;                                      // for a job, where there is none to follow
constexpr int64_t kFirstPauseMillis = 500, kLongestPauseMillis = 5'000;  // while the server does not answer
constexpr const char* kMostLines = "1000";                               // that the API gives at once

}  // namespace

Status LogFollower::ShowKept() {
  bool over = false;
  RETURN_IF_ERROR(FindJob(&over));
  return job_.empty() ? Status::Ok() : TakeKept();
}

Status LogFollower::Follow() {
  int64_t pause = kFirstPauseMillis;
  const auto follow = [&]() -> Status {
    bool over = false;
    RETURN_IF_ERROR(FindJob(&over));
    pause = kFirstPauseMillis;
    if (was_lost_) {
      callbacks_.note("the server answers again");
      was_lost_ = false;
    }
    if (job_.empty()) {
      ends_ = !pause_(kJobPollMillis);
      return Status::Ok();
    }
    RETURN_IF_ERROR(CheckNumbers());
    RETURN_IF_ERROR(TakeKept());
    if (ends_) return Status::Ok();
    if (over) {
      ends_ = !pause_(kJobPollMillis);
      return Status::Ok();
    }
    RETURN_IF_ERROR(client_->Follow(LogPath() + "?after=" + std::to_string(last_), [&](const Event& event) {
      if (event.name == "line") return Take(event.data);
      if (event.name == "left_out") callbacks_.note(event.data + " lines came too fast, and are left out");
      return event.name != "done";
    }));
    // Its end is not known as one yet, or the server is stopping.
    if (!ends_) ends_ = !pause_(kJobPollMillis);
    return Status::Ok();
  };
  while (!ends_) {
    const Status status = follow();
    if (status.ok()) continue;
    if (status.kind() == StatusKind::kUser) return status;
    if (!was_lost_) callbacks_.note(status.message() + "; it is asked again");
    was_lost_ = true;
    ends_ = !pause_(pause);
    pause = std::min(2 * pause, kLongestPauseMillis);
  }
  return Status::Ok();
}

Status LogFollower::FindJob(bool* over) {
  ASSIGN_OR_RETURN(const ApiAnswer pipeline, client_->Get("/pipelines/" + Escaped(pipeline_id_)));
  const std::string job = TextOf(pipeline.body, "job_id");
  *over = !IsRunning(pipeline.body);
  if (job == job_) return Status::Ok();
  job_ = job;
  last_ = 0;
  last_at_.clear();
  return Status::Ok();
}

Status LogFollower::CheckNumbers() {
  if (last_ == 0) return Status::Ok();
  ASSIGN_OR_RETURN(const ApiAnswer page, client_->Get(LogPath() + "?limit=1&after=" + std::to_string(last_ - 1)));
  const Json lines = page.body.value("lines", Json::array());
  // Where the line itself is kept no more, those behind it have higher numbers.
  const bool goes_on = !lines.empty() && (NumberOf(lines[0], "number") > last_ || TextOf(lines[0], "at") == last_at_);
  if (!goes_on) last_ = 0;
  return Status::Ok();
}

Status LogFollower::TakeKept() {
  while (!ends_) {
    ASSIGN_OR_RETURN(const ApiAnswer page,
                     client_->Get(LogPath() + "?limit=" + kMostLines + "&after=" + std::to_string(last_)));
    const auto lines = ElementTexts(MemberText(page.text, "lines"));
    if (lines.empty()) break;
    for (const std::string_view line : lines) {
      if (!Take(line)) break;
    }
  }
  return Status::Ok();
}

bool LogFollower::Take(std::string_view line) {
  const Json parsed = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  last_ = std::max(last_ + 1, NumberOf(parsed, "number"));
  last_at_ = TextOf(parsed, "at");
  ends_ = !callbacks_.line(line);
  return !ends_;
}

}  // namespace laminar::client
