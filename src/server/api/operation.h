// One row of the table that routes requests, checks them and becomes /openapi.json.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/api/answer.h"
#include "server/api/schema.h"

namespace laminar::server {

enum class Access : uint8_t {
  kOpen,  // without a token
  kViewer,
  kEditor,
  kAdmin,
};

struct QueryParameter {
  std::string name;
  json schema;  // of a string, an integer or a boolean; `default`: taken where it is absent
  std::string help;
};

struct Operation {
  std::string method, path;  // "/pipelines/{id}"
  std::string id;            // "getPipeline"
  std::string tag = {}, summary = {};
  Access access = Access::kViewer;
  std::vector<QueryParameter> query = {};
  std::string body = {};                     // name of its schema; "" = the request has none
  bool body_optional = false;                // none is as good as {}
  std::map<int, std::string> outcomes = {};  // status of success -> the answer's schema, "" = none
  std::vector<int> failures = {};            // that it has beside those of every operation
  bool changes = false;                      // goes into the audit
  bool at_root = false;                      // not below /v1
  bool gives_text = false;                   // text/plain, not JSON
  bool gives_events = false;                 // also as text/event-stream
  bool is_slow = false;                      // waits for other services: only so many at a time, 503 beyond
  std::function<Answer(const Call&)> handler = {};
};

// `limit`, `offset`, `starting_after` of a collection: 404 where that names nothing.
std::vector<QueryParameter> PagingParameters();

// {"data": [...], "has_more": bool} of what there is from the call's offset, or behind the id of starting_after, on.
// `all`: objects with an "id", in their order.
Answer Page(const Call& call, const std::vector<json>& all);

}  // namespace laminar::server
