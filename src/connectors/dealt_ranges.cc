#include "connectors/dealt_ranges.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace laminar {

std::shared_ptr<DealtRanges::Range> DealtRanges::AddReader() {
  std::lock_guard lock(mutex_);
  readers_.push_back(std::make_shared<Range>());
  return readers_.back();
}

std::optional<DealtRanges::Range> DealtRanges::Take(int64_t length, int64_t limit) {
  std::lock_guard lock(mutex_);
  if (!left_.empty()) {
    const Range range = left_.front();
    left_.pop_front();
    return range;
  }
  const int64_t end = std::min(end_, limit);
  if (next_ >= end) return std::nullopt;
  const int64_t begin = next_;
  next_ += std::min(length, end - begin);
  return Range{begin, next_};
}

bool DealtRanges::AllDealt() const {
  std::lock_guard lock(mutex_);
  return left_.empty() && next_ >= end_;
}

int64_t DealtRanges::next() const {
  std::lock_guard lock(mutex_);
  return next_;
}

std::string DealtRanges::Position() const {
  std::lock_guard lock(mutex_);
  std::vector<Range> open(left_.begin(), left_.end());
  for (const auto& reader : readers_) {
    if (reader->begin < reader->end) open.push_back(*reader);
  }
  std::sort(open.begin(), open.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  nlohmann::ordered_json json;
  json["next"] = next_;
  json["open"] = nlohmann::json::array();
  for (const Range& range : open) json["open"].push_back({range.begin, range.end});
  return json.dump();
}

Status DealtRanges::Resume(const std::string& position) {
  std::lock_guard lock(mutex_);
  try {
    const auto json = nlohmann::json::parse(position);
    next_ = json.at("next").get<int64_t>();
    for (const auto& range : json.at("open")) left_.push_back({range.at(0).get<int64_t>(), range.at(1).get<int64_t>()});
  } catch (const std::exception& error) {
    return Status::Environment("the position in the checkpoint cannot be read: " + std::string(error.what()));
  }
  bool in_range = next_ >= 0 && next_ <= end_;
  for (const Range& range : left_)
    in_range = in_range && range.begin >= 0 && range.begin < range.end && range.end <= end_;
  if (!in_range) {
    return Status::User(
        "the checkpoint is further on (" + std::to_string(next_) + ") than there is (" + std::to_string(end_) + ")",
        "It was taken of other data: --fresh begins anew");
  }
  return Status::Ok();
}

}  // namespace laminar
