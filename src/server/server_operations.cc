#include "server/operations.h"

namespace laminar::server {

namespace {

Answer Text(const std::string& text) {
  Answer answer;
  answer.text = text;
  answer.content_type = "text/plain; charset=utf-8";
  return answer;
}

}  // namespace

void AddServerOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas) {
  schemas->Add("Error", R"json({
    "type": "object", "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["code", "message", "details"],
      "properties": {"code": {"type": "string"}, "message": {"type": "string"},
                     "details": {"type": "object", "description": "The field, or the line and column of the SQL; a hint"}}}}})json");
  schemas->Add("Text", R"json({"type": "string"})json");
  schemas->Add("Caller", R"json({
    "type": "object", "required": ["id", "name", "role", "expires_at"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "role": {"type": "string", "enum": ["viewer", "editor", "admin"]},
                   "expires_at": {"type": ["string", "null"], "format": "date-time"}}})json");
  schemas->Add("AuditEntry", R"json({
    "type": "object", "required": ["id", "at", "token_id", "token_name", "peer", "action", "object"],
    "properties": {"id": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "token_id": {"type": "string"},
                   "token_name": {"type": "string"}, "peer": {"type": "string"}, "action": {"type": "string"}, "object": {"type": "string"}}})json");
  schemas->Add("AuditList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/AuditEntry"}}, "has_more": {"type": "boolean"}}})json");

  operations->push_back({.method = "GET",
                         .path = "/ping",
                         .id = "ping",
                         .tag = "server",
                         .summary = "Pong",
                         .access = Access::kOpen,
                         .outcomes = {{200, "Text"}},
                         .gives_text = true,
                         .handler = [](const Call&) { return Text("Pong"); }});
  const auto add_probe = [operations](const std::string& name, const char* summary, std::vector<int> failures,
                                      const std::function<Answer()>& answer) {
    for (const bool at_root : {true, false}) {
      operations->push_back({.method = "GET",
                             .path = "/" + name,
                             .id = at_root ? name : name + "V1",
                             .tag = "server",
                             .summary = summary,
                             .access = Access::kOpen,
                             .outcomes = {{200, "Text"}},
                             .failures = failures,
                             .at_root = at_root,
                             .gives_text = true,
                             .handler = [answer](const Call&) { return answer(); }});
    }
  };
  add_probe("healthz", "Whether the server is alive", {}, [] { return Text("ok\n"); });
  add_probe("readyz", "Whether the server takes requests: 503 once it is stopping", {503},
            [supervisor = resources.supervisor] {
              return supervisor->closing() ? Error(503, "the server is stopping") : Text("ok\n");
            });
  operations->push_back({.method = "GET",
                         .path = "/whoami",
                         .id = "whoami",
                         .tag = "server",
                         .summary = "The token of the request, and what it may",
                         .outcomes = {{200, "Caller"}},
                         .handler = [](const Call& call) {
                           Answer answer;
                           answer.body = {{"id", call.who.id},
                                          {"name", call.who.name},
                                          {"role", RoleName(call.who.role)},
                                          {"expires_at", call.who.expires_at ? TimeOf(*call.who.expires_at) : json()}};
                           return answer;
                         }});
  operations->push_back(
      {.method = "GET",
       .path = "/audit",
       .id = "listAudit",
       .tag = "server",
       .summary = "Who changed what, the newest first",
       .access = Access::kAdmin,
       .query = {{"limit",
                  {{"type", "integer"}, {"minimum", 1}, {"maximum", 100}, {"default", 20}},
                  "How many at most"},
                 {"before",
                  {{"type", "integer"}, {"minimum", 0}, {"maximum", INT64_MAX}, {"default", 0}},
                  "The id that all are older than; 0: the newest"}},
       .outcomes = {{200, "AuditList"}},
       .handler = [audit = resources.audit](const Call& call) {
         const int64_t limit = call.Integer("limit");
         const auto entries = audit->List(call.Integer("before"), limit + 1);
         if (!entries.ok()) return Error(entries.status());
         Answer answer;
         answer.body = {{"data", json::array()}, {"has_more", entries->size() > static_cast<size_t>(limit)}};
         for (const AuditEntry& entry : *entries) {
           if (answer.body["data"].size() == static_cast<size_t>(limit)) break;
           answer.body["data"].push_back({{"id", std::to_string(entry.id)},
                                          {"at", TimeOf(entry.at)},
                                          {"token_id", entry.token_id},
                                          {"token_name", entry.token_name},
                                          {"peer", entry.peer},
                                          {"action", entry.action},
                                          {"object", entry.object}});
         }
         return answer;
       }});
}

}  // namespace laminar::server
