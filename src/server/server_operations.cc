#include "base/utc.h"
#include "server/connector_schema.h"
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

json TimeOf(int64_t micros) {
  return Rfc3339(micros, /*milliseconds=*/true);
}

void AddServerOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas) {
  schemas->Add("Error", R"json({
    "type": "object", "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["code", "message", "details"],
      "properties": {"code": {"type": "string"}, "message": {"type": "string"},
                     "details": {"type": "object", "description": "The field, or the line and column of the SQL; a hint"}}}}})json");
  schemas->Add("Text", R"json({"type": "string"})json");
  schemas->Add("Connector", R"json({
    "type": "object", "required": ["id", "name", "description", "source", "sink", "formats", "config_schema"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "description": {"type": "string"},
                   "source": {"type": "boolean"}, "sink": {"type": "boolean"},
                   "formats": {"type": "array", "items": {"type": "string"}},
                   "config_schema": {"type": "object", "description": "JSON Schema of a table's config"}}})json");
  schemas->Add("ConnectorList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Connector"}}, "has_more": {"type": "boolean"}}})json");
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
  for (const char* path : {"/healthz", "/readyz"}) {
    operations->push_back({.method = "GET",
                           .path = path,
                           .id = path + 1,
                           .tag = "server",
                           .summary = "Whether the server is alive, and takes requests",
                           .access = Access::kOpen,
                           .outcomes = {{200, "Text"}},
                           .at_root = true,
                           .gives_text = true,
                           .handler = [](const Call&) { return Text("ok\n"); }});
    operations->push_back({.method = "GET",
                           .path = path,
                           .id = std::string(path + 1) + "V1",
                           .tag = "server",
                           .summary = "The same",
                           .access = Access::kOpen,
                           .outcomes = {{200, "Text"}},
                           .gives_text = true,
                           .handler = [](const Call&) { return Text("ok\n"); }});
  }
  operations->push_back(
      {.method = "GET",
       .path = "/connectors",
       .id = "listConnectors",
       .tag = "connectors",
       .summary = "Every connector of this build, with the JSON Schema of a table's config",
       .access = Access::kOpen,
       .query = PagingParameters(),
       .outcomes = {{200, "ConnectorList"}},
       .handler = [all = DescribeConnectors(*resources.registry)](const Call& call) { return Page(call, all); }});
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
