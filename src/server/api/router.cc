#include "server/api/router.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <exception>
#include <optional>
#include <set>
#include <utility>

#include "base/log.h"
#include "server/http/translate.h"

namespace laminar::server {

namespace {

// JSON that is nested deeper is refused: who walks through it calls itself.
constexpr int kMostDepth = 64;

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    segments.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

// The path behind the base it is under; nullopt: it is under none.
std::optional<std::string_view> BehindBase(std::string_view path) {
  for (const std::string_view base : Router::kBases) {
    if (path.starts_with(base) && path.size() > base.size() && path[base.size()] == '/')
      return path.substr(base.size());
  }
  return std::nullopt;
}

bool Matches(const std::string& pattern, std::string_view path, std::map<std::string, std::string>* parameters) {
  const auto wanted = Segments(pattern), given = Segments(path);
  if (wanted.size() != given.size()) return false;
  std::map<std::string, std::string> found;
  for (size_t i = 0; i < wanted.size(); i++) {
    if (wanted[i].starts_with('{')) {
      if (given[i].empty()) return false;
      found[std::string(wanted[i].substr(1, wanted[i].size() - 2))] = given[i];
    } else if (wanted[i] != given[i]) {
      return false;
    }
  }
  *parameters = std::move(found);
  return true;
}

bool May(Role role, Access access) {
  switch (access) {
    case Access::kOpen:
    case Access::kViewer:
      return true;
    case Access::kEditor:
      return role >= Role::kEditor;
    case Access::kAdmin:
      return role == Role::kAdmin;
  }
  return false;
}

// Where a parser stands when it gives up.
struct GivingUp : nlohmann::detail::json_sax_acceptor<json> {
  bool parse_error(size_t position, const std::string& token, const json::exception& /*why*/) {
    at = position;
    what = token;
    return false;
  }
  size_t at = 0;
  std::string what;
};

// JSON bounds no number, but what is read into a double is.
std::string NumberTooLarge(const std::string& text) {
  constexpr size_t kMostShown = 40;
  GivingUp end;
  (void)json::sax_parse(text, &end);
  const std::string shown = end.what.size() > kMostShown ? end.what.substr(0, kMostShown) + "..." : end.what;
  return "the number " + shown + " is too large, at byte " + std::to_string(end.at - end.what.size() + 1);
}

// Depth and duplicate names are the parser's business: it sees them.
json ParseBody(const std::string& text, std::string* problem) {
  int deepest = 0;
  std::vector<std::set<std::string>> names;
  const auto look = [&](int depth, json::parse_event_t event, json& parsed) {
    deepest = std::max(deepest, depth);
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end && !names.empty()) names.pop_back();
    if (event == json::parse_event_t::key && !names.empty() && !names.back().insert(parsed.get<std::string>()).second &&
        problem->empty())
      *problem = "the name " + parsed.get<std::string>() + " is twice in one object";
    return depth <= kMostDepth;
  };
  json body;
  try {
    body = json::parse(text, look);
  } catch (const json::parse_error& error) {
    *problem = "the body is no JSON, at byte " + std::to_string(error.byte);
  } catch (const json::out_of_range&) {
    *problem = NumberTooLarge(text);
  }
  if (deepest > kMostDepth) *problem = "the body is nested more than " + std::to_string(kMostDepth) + " deep";
  return body;
}

// JSON has numbers, and no integers: 8.0 is one.
void MakeWholeNumbers(json* value) {
  constexpr double kLargest = 9'007'199'254'740'992.0;  // 2^53
  if (value->is_number_float()) {
    const auto number = value->get<double>();
    if (std::trunc(number) == number && std::abs(number) <= kLargest) *value = static_cast<int64_t>(number);
  } else if (value->is_structured()) {
    for (json& member : *value) MakeWholeNumbers(&member);
  }
}

std::string MediaTypeOf(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

std::vector<std::string> IdsOf(const std::vector<Operation>& operations) {
  std::vector<std::string> ids;
  for (const Operation& operation : operations) ids.push_back(operation.id);
  return ids;
}

constexpr std::string_view kScheme = "Bearer ";

// Where the header begins with the scheme.
std::string TokenOf(const HttpRequest& request) {
  const std::string& header = request.Header("authorization");
  return header.substr(std::min(kScheme.size(), header.size()));
}

HttpResponse ToHttp(Answer answer) {
  HttpResponse response;
  response.status = answer.status;
  response.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  if (!answer.content_type.empty()) {
    response.content_type = answer.content_type;
    response.body = std::move(answer.text);
  } else if (!answer.body.is_null()) {
    // A text of a user may be anything.
    response.body = answer.body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  }
  for (auto& header : answer.headers) response.headers.push_back(std::move(header));
  response.events = std::move(answer.events);
  if (answer.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

struct Router::Match {
  const Operation* operation = nullptr;
  std::map<std::string, std::string> path;
  std::string allowed;  // methods of the path, where none is the request's
};

Router::Router(std::vector<Operation> operations, const Schemas* schemas, const Tokens* tokens, Audit* audit,
               const Clock* clock, const RouterOptions& options)
    : operations_(std::move(operations)),
      schemas_(schemas),
      tokens_(tokens),
      audit_(audit),
      clock_(clock),
      most_slow_(options.most_slow),
      by_token_(options.requests_per_second, 2 * options.requests_per_second, clock),
      by_refused_peer_(options.refused_per_second, 5 * options.refused_per_second, clock),
      counts_(IdsOf(operations_)) {}
Router::~Router() = default;

HttpResponse Router::Refuse(int status, const std::string& why) {
  return ToHttp(Error(status, why));
}

namespace {

// What it gives, or that it has thrown.
template <class Work>
HttpResponse Caught(const HttpRequest& request, const Work& work) {
  try {
    return ToHttp(work());
  } catch (const std::exception& exception) {
    LogError("a request failed within the server", {{"path", request.path}, {"reason", exception.what()}});
    return ToHttp(Error(500, "the server has failed: its log says why"));
  }
}

}  // namespace

bool Router::StillValid(const std::string& token) const {
  const auto found = tokens_->Find(token);
  return !found.ok() || found->has_value();  // a database that cannot be read has revoked nothing
}

HttpResponse Router::Handle(const HttpRequest& request) {
  const int64_t began = clock_->SteadyMicros();
  size_t operation = RequestCounts::kNoOperation;
  std::function<Answer()> rest;
  HttpResponse response = Caught(request, [&] {
    Answer answer = Dispatch(request, &operation);
    rest = std::move(answer.rest);
    return answer;
  });
  if (response.events) response.events->WhileAllowed([this, text = TokenOf(request)] { return StillValid(text); });
  if (!rest) {
    counts_.Add(operation, response.status, clock_->SteadyMicros() - began);
    return response;
  }
  response.rest = [this, &request, operation, began, rest = std::move(rest)] {
    HttpResponse late = Caught(request, rest);
    counts_.Add(operation, late.status, clock_->SteadyMicros() - began);
    return late;
  };
  return response;
}

Answer Router::Dispatch(const HttpRequest& request, size_t* found) {
  Match match;
  size_t parameters = SIZE_MAX;  // of the path that fits best
  const std::optional<std::string_view> behind = BehindBase(request.path);
  for (const Operation& operation : operations_) {
    std::map<std::string, std::string> path;
    const bool matches = operation.at_root ? Matches(operation.path, request.path, &path)
                                           : behind && Matches(operation.path, *behind, &path);
    if (!matches) continue;
    // A fixed name before a parameter.
    if (path.size() < parameters) match.allowed.clear();
    if (path.size() <= parameters) match.allowed += (match.allowed.empty() ? "" : ", ") + operation.method;
    parameters = std::min(parameters, path.size());
    if (operation.method == request.method && (match.operation == nullptr || match.path.size() > path.size())) {
      match.operation = &operation;
      match.path = std::move(path);
    }
  }
  if (match.operation != nullptr) *found = static_cast<size_t>(match.operation - operations_.data());
  const bool is_open = match.operation != nullptr && match.operation->access == Access::kOpen;
  Call call{request, std::move(match.path), {}, {}, {}};
  // Who has no token learns nothing of what there is.
  if (!is_open) {
    if (auto refused = Authenticate(request, &call.who)) return std::move(*refused);
  }
  if (match.operation == nullptr && match.allowed.empty())
    return Error(404, "there is no " + request.path, {{"hint", "GET /v1/openapi.json lists what there is"}});
  if (match.operation == nullptr) {
    Answer answer = Error(405, request.method + " is not for " + request.path, {{"allowed", match.allowed}});
    answer.headers = {{"Allow", match.allowed}};
    return answer;
  }
  const Operation& operation = *match.operation;
  if (!is_open && !May(call.who.role, operation.access)) {
    return Error(403, "the token " + call.who.name + " has the role " + std::string(RoleName(call.who.role)) +
                          ", and " + operation.id + " needs " +
                          (operation.access == Access::kAdmin ? "admin" : "editor"));
  }
  if (auto refused = ReadQuery(operation, &call)) return std::move(*refused);
  if (auto refused = ReadBody(operation, &call)) return std::move(*refused);
  return operation.is_slow ? RunLater(operation, std::move(call)) : Run(operation, call);
}

Answer Router::RunLater(const Operation& operation, Call call) {
  if (++slow_ > most_slow_) {
    slow_--;
    return Error(503, "the server has as many requests of this kind as it takes at a time",
                 {{"hint", "Send it again in some seconds"}});
  }
  // Given back when nobody has it any more, whether or not it was run. Both shared: a std::function is copied.
  const std::shared_ptr<void> slot(nullptr, [this](void*) { slow_--; });
  Answer answer;
  answer.rest = [this, &operation, call = std::make_shared<const Call>(std::move(call)), slot] {
    return Run(operation, *call);
  };
  return answer;
}

Answer Router::Run(const Operation& operation, const Call& call) const {
  Answer answer = operation.handler(call);
  if (operation.changes && answer.status < 300) {
    const std::string object = !answer.object.empty()     ? answer.object
                               : call.path.contains("id") ? call.path.at("id")
                                                          : "";
    if (const Status status = audit_->Add(call.who, call.http.peer, operation.id, object); !status.ok())
      LogError("the audit cannot be written",
               {{"action", operation.id}, {"object", object}, {"reason", status.message()}});
  }
  return answer;
}

std::optional<Answer> Router::Authenticate(const HttpRequest& request, Token* who) {
  const auto refuse = [&](const std::string& why) -> std::optional<Answer> {
    if (by_refused_peer_.Take(request.peer) > 0) return Error(429, "too many requests without a valid token");
    return Error(401, why, {{"hint", "Send Authorization: Bearer TOKEN; laminar token create makes one"}});
  };
  const std::string& header = request.Header("authorization");
  if (header.empty()) return refuse("a token is needed");
  if (header.size() < kScheme.size() || !std::equal(kScheme.begin(), kScheme.end(), header.begin(),
                                                    [](char a, char b) { return std::tolower(a) == std::tolower(b); }))
    return refuse("the header Authorization is not 'Bearer TOKEN'");
  const auto found = tokens_->Find(TokenOf(request));
  if (!found.ok()) return Error(found.status());
  if (!*found) return refuse("the token is not valid: it is unknown, has expired or was revoked");
  if (const int64_t wait = by_token_.Take((*found)->id); wait > 0)
    return Error(429, "more requests than the token may send", {{"retry_after_ms", wait / 1000 + 1}});
  *who = std::move(**found);
  return std::nullopt;
}

std::optional<Answer> Router::ReadQuery(const Operation& operation, Call* call) const {
  const auto wrong = [](const std::string& field, const std::string& why) -> std::optional<Answer> {
    return Error(422, "the parameter " + field + " " + why, {{"field", field}});
  };
  std::string_view rest = call->http.query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const auto name = Unescape(pair.substr(0, equals), Plus::kIsSpace);
    const auto value = Unescape(pair.substr(std::min(equals + 1, pair.size())), Plus::kIsSpace);
    if (!name || !value) return Error(400, "the query of the request is wrongly escaped");
    const auto known = std::find_if(operation.query.begin(), operation.query.end(),
                                    [&](const QueryParameter& parameter) { return parameter.name == *name; });
    if (known == operation.query.end()) return wrong(*name, "is not known");
    if (!call->query.emplace(*name, *value).second) return wrong(*name, "is there twice");
  }
  for (const QueryParameter& parameter : operation.query) {
    const auto given = call->query.find(parameter.name);
    if (given == call->query.end()) {
      if (parameter.schema.contains("default")) call->query[parameter.name] = parameter.schema["default"].dump();
      continue;
    }
    const std::string& text = given->second;
    const std::string type = parameter.schema.at("type");
    if (type == "integer") {
      int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return wrong(parameter.name, "is no whole number");
      if (parameter.schema.contains("minimum") && value < parameter.schema["minimum"].get<int64_t>())
        return wrong(parameter.name, "is less than " + parameter.schema["minimum"].dump());
      if (parameter.schema.contains("maximum") && value > parameter.schema["maximum"].get<int64_t>())
        return wrong(parameter.name, "is more than " + parameter.schema["maximum"].dump());
    } else if (type == "boolean" && text != "true" && text != "false") {
      return wrong(parameter.name, "is neither true nor false");
    } else if (parameter.schema.contains("enum") &&
               std::find(parameter.schema["enum"].begin(), parameter.schema["enum"].end(), text) ==
                   parameter.schema["enum"].end()) {
      return wrong(parameter.name, "is none of " + parameter.schema["enum"].dump());
    } else if (parameter.schema.contains("maxLength") && text.size() > parameter.schema["maxLength"].get<size_t>()) {
      return wrong(parameter.name, "is too long");
    }
  }
  return std::nullopt;
}

std::optional<Answer> Router::ReadBody(const Operation& operation, Call* call) const {
  const std::string& text = call->http.body;
  if (operation.body.empty()) {
    if (text.empty()) return std::nullopt;
    return Error(400, operation.id + " takes no body");
  }
  if (operation.body_optional && text.empty()) {
    call->body = json::object();
    return std::nullopt;
  }
  const std::string type = MediaTypeOf(call->http.Header("content-type"));
  if (type != "application/json")
    return Error(415, "the body has to be JSON", {{"hint", "Send Content-Type: application/json"}});
  std::string problem;
  call->body = ParseBody(text, &problem);
  if (!problem.empty()) return Error(400, problem);
  MakeWholeNumbers(&call->body);
  const std::vector<SchemaProblem> problems = schemas_->Check(operation.body, call->body);
  if (problems.empty()) return std::nullopt;
  json details = {{"problems", json::array()}};
  for (const SchemaProblem& each : problems)
    details["problems"].push_back({{"field", each.field}, {"message", each.message}});
  details["field"] = problems.front().field;
  const std::string& field = problems.front().field;
  return Error(422, (field.empty() ? "the body" : field) + ": " + problems.front().message, std::move(details));
}

}  // namespace laminar::server
