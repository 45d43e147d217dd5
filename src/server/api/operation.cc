#include "server/api/operation.h"

#include <algorithm>

namespace laminar::server {

std::vector<QueryParameter> PagingParameters() {
  return {{"limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", 100}, {"default", 20}}, "How many at most"},
          {"offset",
           {{"type", "integer"}, {"minimum", 0}, {"maximum", 1'000'000'000}, {"default", 0}},
           "How many are left out before them"},
          {"starting_after",
           {{"type", "string"}, {"maxLength", 100}, {"pattern", "^[^\\u0000]*$"}},
           "The id that the first one comes behind"}};
}

Answer Page(const Call& call, const std::vector<json>& all) {
  auto begin = static_cast<size_t>(call.Integer("offset"));
  const auto limit = static_cast<size_t>(call.Integer("limit"));
  if (const auto after = call.query.find("starting_after"); after != call.query.end()) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const json& object) { return object.at("id") == after->second; });
    if (found == all.end())
      return Error(404, "starting_after names nothing that is there", {{"field", "starting_after"}});
    begin += static_cast<size_t>(found - all.begin()) + 1;
  }
  begin = std::min(begin, all.size());
  const size_t end = std::min(begin + limit, all.size());
  Answer answer;
  answer.body = {{"data", json::array()}, {"has_more", end < all.size()}};
  for (size_t i = begin; i < end; i++) answer.body["data"].push_back(all[i]);
  return answer;
}

}  // namespace laminar::server
