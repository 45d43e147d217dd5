#include "client/api_client.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "base/units.h"
#include "client/display_text.h"
#include "client/json_text.h"

namespace laminar::client {

namespace {

constexpr size_t kPage = 100, kMostPages = 10'000, kMostRestarts = 5;
// A token that has sent too many requests waits so often, and so long at most.
constexpr int kMostWaits = 20;
constexpr int64_t kLongestWaitMillis = 2'000;
constexpr size_t kMostShown = 200;  // of an answer that is none of the API's

constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"\"fresh\": true in the same request", "--fresh"},
    {"a restart with \"fresh\": true", "laminar pipelines restart --fresh"},
    {"memory_limit_bytes is more", "--memory-limit is more"},
    {"a restart with \"accept_duplicates\": true", "laminar pipelines restart --accept-duplicates"},
    {"Send Authorization: Bearer TOKEN; laminar token create makes one",
     "Put a token into LAMINAR_TOKEN, or into a file that --token-file names; laminar token create makes one"},
};

constexpr std::string_view kServersOwn = "--memory-limit is more than the server's own, ";

SqlPosition PositionOf(const Json& at) {
  return {static_cast<int>(NumberOf(at, "line")), static_cast<int>(NumberOf(at, "column"))};
}

// What refuses a request without the server's knowing: a proxy, another program.
Status NotOurs(const Reply& reply) {
  std::string shown = Printable(std::string_view(reply.body).substr(0, kMostShown));
  return Status::Environment("what answers there is no Laminar server, or it cannot reach it: status " +
                                 std::to_string(reply.status) + (shown.empty() ? "" : ", " + shown),
                             "--server or LAMINAR_SERVER says which server is asked");
}

}  // namespace

std::string Escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

std::string InCommandWords(std::string text) {
  for (const auto& [of_api, ours] : kWords) {
    for (size_t at = text.find(of_api); at != std::string::npos; at = text.find(of_api, at + ours.size()))
      text.replace(at, of_api.size(), ours);
  }
  // A limit that the API gives in bytes.
  const size_t limit = text.find(kServersOwn), digits = limit + kServersOwn.size();
  if (limit == std::string::npos) return text;
  int64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data() + digits, text.data() + text.size(), bytes);
  if (error == std::errc() && end == text.data() + text.size())
    text.replace(digits, std::string::npos, FormatBytes(static_cast<uint64_t>(bytes)));
  return text;
}

std::string TextOf(const Json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

int64_t NumberOf(const Json& object, const char* name) {
  if (!object.is_object()) return 0;
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<int64_t>() : 0;
}

std::vector<Status> ProblemsIn(const Json& errors) {
  std::vector<Status> problems;
  for (const Json& each : errors)
    problems.push_back(
        Status::User(TextOf(each, "message"), InCommandWords(TextOf(each, "hint"))).At(PositionOf(each)));
  return problems;
}

Status ApiClient::Refused(const Reply& reply) {
  const Json body = Json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("error") || !body["error"].is_object()) return NotOurs(reply);
  const Json& error = body["error"];
  const Json details = error.contains("details") ? error["details"] : Json();
  std::string message = InCommandWords(TextOf(error, "message")), hint = InCommandWords(TextOf(details, "hint"));
  if (details.is_object() && details.contains("errors") && details["errors"].is_array())
    query_problems_ = ProblemsIn(details["errors"]);
  if (reply.status == 401) {
    message = token_.given ? "the server does not take the token of " + token_.from +
                                 ": it is unknown there, has expired or was revoked"
                           : "the server asks for a token, and none is given";
    hint = token_.given ? "laminar token list, where the server's database is, shows which there are"
                        : "Put one into LAMINAR_TOKEN, or into a file that --token-file names; laminar token create, "
                          "where the server's database is, makes one";
  }
  if (reply.status == 403 && hint.empty())
    hint = "Take a token of that role: laminar token create --role editor, where the server's database is";
  const bool may_pass = reply.status == 429 || reply.status >= 500;
  Status refused = may_pass ? Status::Environment(message, hint) : Status::User(message, hint);
  return std::move(refused)
      .At(PositionOf(details.is_object() && details.contains("position") ? details["position"] : Json()))
      .WithCode(TextOf(error, "code"));
}

Result<ApiAnswer> ApiClient::Call(const std::string& method, const std::string& path, const std::string& body) {
  query_problems_.clear();
  for (int waits = 0;; waits++) {
    ASSIGN_OR_RETURN(Reply reply, transport_->Send({method, "/v1" + path, body}));
    if (reply.status == 429 && waits < kMostWaits) {
      const Json told = Json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
      const Json details = told.is_object() && told.contains("error") ? told["error"].value("details", Json()) : Json();
      const int64_t wait = std::clamp<int64_t>(NumberOf(details, "retry_after_ms"), 10, kLongestWaitMillis);
      if (pause_(wait)) continue;
    }
    if (reply.status < 200 || reply.status > 299) return Refused(reply);
    ApiAnswer answer;
    answer.text = std::move(reply.body);
    while (answer.text.ends_with('\n')) answer.text.pop_back();
    if (answer.text.empty()) return answer;
    answer.body = Json::parse(answer.text, nullptr, /*allow_exceptions=*/false);
    if (answer.body.is_discarded()) return NotOurs({reply.status, answer.text});
    return answer;
  }
}

Result<ApiAnswer> ApiClient::List(const std::string& path) {
  const std::string base = path + (path.find('?') == std::string::npos ? "?" : "&") + "limit=" + std::to_string(kPage);
  ApiAnswer all;
  std::string after, texts;
  size_t restarts = 0;
  all.body = {{"data", Json::array()}, {"has_more", false}};
  for (size_t page = 0; page < kMostPages; page++) {
    auto answer = Get(base + (after.empty() ? "" : "&starting_after=" + Escaped(after)));
    // Where the list went on has been deleted meanwhile.
    if (!answer.ok() && answer.status().code() == kNotFound && !after.empty() && restarts++ < kMostRestarts) {
      all.body["data"] = Json::array();
      texts.clear();
      after.clear();
      continue;
    }
    if (!answer.ok()) return answer.status();
    const Json& body = answer->body;
    if (!body.is_object() || !body.contains("data") || !body["data"].is_array()) return NotOurs({200, answer->text});
    const auto elements = ElementTexts(MemberText(answer->text, "data"));
    for (size_t i = 0; i < elements.size(); i++) {
      texts.append(texts.empty() ? "" : ",").append(elements[i]);
      all.body["data"].push_back(body["data"][i]);
    }
    if (!body.value("has_more", false) || elements.empty()) break;
    after = TextOf(all.body["data"].back(), "id");
  }
  all.text = "{\"data\":[" + texts + "],\"has_more\":false}";
  return all;
}

Status ApiClient::Follow(const std::string& path, const std::function<bool(const Event&)>& on_event) {
  query_problems_.clear();
  EventReader reader(on_event);
  ASSIGN_OR_RETURN(const Reply reply, transport_->Follow({"GET", "/v1" + path, ""},
                                                         [&](std::string_view bytes) { return reader.Feed(bytes); }));
  if (reader.too_large())
    return Status::Environment("the server sent an event of more than " + std::to_string(EventReader::kMostBytes) +
                               " bytes");
  return reply.status == 200 ? Status::Ok() : Refused(reply);
}

}  // namespace laminar::client
