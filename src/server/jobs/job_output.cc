#include "server/jobs/job_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace laminar::server {

void JobOutput::Add(std::string_view table, std::string_view row) {
  std::lock_guard lock(mutex_);
  std::string text = "{\"number\":" + std::to_string(++last_) + ",\"table\":" + nlohmann::json(table).dump() +
                     ",\"row\":" + std::string(row) + "}";
  if (HasFollowers()) {
    for (const auto& follower : followers_) follower->Send("row", text);
  }
  bytes_ += text.size();
  rows_.push_back({last_, std::move(text)});
  while (rows_.size() > kMostRows || bytes_ > kMostBytes) {
    bytes_ -= rows_.front().text.size();
    rows_.pop_front();
  }
}

void JobOutput::End() {
  std::lock_guard lock(mutex_);
  done_ = true;
  for (const auto& follower : followers_) {
    follower->Send("done", "{}");
    follower->End();
  }
  followers_.clear();
}

JobOutput::Page JobOutput::After(int64_t after, size_t limit) {
  std::lock_guard lock(mutex_);
  asked_at_ = clock_->SteadyMicros();
  Page page;
  page.last = after;
  auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& each) { return each.number > after; });
  page.dropped = row == rows_.end() ? std::max<int64_t>(last_ - after, 0) : row->number - after - 1;
  for (; row != rows_.end() && page.rows.size() < limit; ++row) page.rows.push_back(*row);
  if (!page.rows.empty()) page.last = page.rows.back().number;
  page.done = done_ && page.last >= last_;
  return page;
}

std::shared_ptr<EventStream> JobOutput::Follow(int64_t after) {
  auto stream = std::make_shared<EventStream>();
  std::lock_guard lock(mutex_);
  asked_at_ = clock_->SteadyMicros();
  for (const Row& row : rows_) {
    if (row.number > after) stream->Send("row", row.text);
  }
  if (done_) {
    stream->Send("done", "{}");
    stream->End();
  } else {
    followers_.push_back(stream);
  }
  return stream;
}

int64_t JobOutput::asked_at() {
  std::lock_guard lock(mutex_);
  if (HasFollowers()) asked_at_ = clock_->SteadyMicros();
  return asked_at_;
}

bool JobOutput::HasFollowers() {
  std::erase_if(followers_, [](const auto& follower) { return follower->closed(); });
  return !followers_.empty();
}

}  // namespace laminar::server
