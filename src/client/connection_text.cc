#include "client/connection_text.h"

#include <utility>
#include <vector>

#include "client/display_text.h"
#include "client/pipeline_text.h"

namespace laminar::client {

namespace {

// The config as SQL would have it: objects are dots. "type.offset  latest".
void AddOptions(const std::string& prefix, const Json& config, std::vector<std::pair<std::string, std::string>>* out) {
  for (const auto& [name, value] : config.items()) {
    const bool is_secret = value.is_object() && value.size() == 1 && value.contains("set");
    if (is_secret) {
      out->emplace_back(prefix + name, value["set"] == true ? "set, and not shown" : "");
    } else if (value.is_object()) {
      AddOptions(prefix + name + ".", value, out);
    } else {
      out->emplace_back(prefix + name, TextOf(config, name.c_str()));
    }
  }
}

// What of its config tells tables of a connector apart.
std::string WhatOf(const Json& config) {
  for (const char* name : {"streamName", "stream_name", "streamArn", "stream_arn", "path"}) {
    if (const std::string value = TextOf(config, name); !value.empty()) return value;
  }
  return "";
}

}  // namespace

TextTable ConnectionTableTable(const Json& list) {
  TextTable table({{"NAME"}, {"TYPE"}, {"CONNECTOR"}, {"OF"}, {"CREATED"}, {"ID"}});
  for (const Json& each : list["data"])
    table.Add({TextOf(each, "name"), TextOf(each, "table_type"), TextOf(each, "connector"),
               WhatOf(each.value("config", Json::object())), ShownTime(TextOf(each, "created_at")),
               TextOf(each, "id")});
  return table;
}

TextTable ProfileTable(const Json& list) {
  TextTable table({{"NAME"}, {"CONNECTOR"}, {"CREATED"}, {"CHANGED"}, {"ID"}});
  for (const Json& each : list["data"])
    table.Add({TextOf(each, "name"), TextOf(each, "connector"), ShownTime(TextOf(each, "created_at")),
               ShownTime(TextOf(each, "updated_at")), TextOf(each, "id")});
  return table;
}

std::string ConnectionDetails(const Json& table) {
  std::vector<std::pair<std::string, std::string>> fields, options;
  for (const char* name : {"name", "id", "connector", "table_type", "connection_profile_id", "format",
                           "event_time_field", "watermark_delay", "created_at", "updated_at"})
    fields.emplace_back(name, ShownTime(TextOf(table, name)));
  AddOptions("", table.value("config", Json::object()), &options);
  std::string columns;
  for (const Json& field : table.value("schema", Json::object()).value("fields", Json::array()))
    columns += TextOf(field, "name") + " " + TextOf(field, "data_type") +
               (field.value("nullable", true) ? "" : " NOT NULL") + "\n";
  fields.emplace_back("config", RenderFields(options));
  fields.emplace_back("columns", columns);
  return RenderFields(fields);
}

std::string TestText(const Json& test, const TableStyle& style) {
  TextTable checks({{"CHECK"}, {"STATUS"}, {"WHAT"}});
  std::string hints;
  for (const Json& check : test.value("checks", Json::array())) {
    const std::string status = TextOf(check, "status");
    const Colour colour = status == "ok" ? Colour::kGood : status == "failed" ? Colour::kBad : Colour::kFaint;
    checks.Add({TextOf(check, "name"), {status, colour}, TextOf(check, "message")});
    if (const std::string hint = TextOf(check, "hint"); status == "failed" && !hint.empty())
      hints += "hint: " + Printable(TextOf(check, "name") + ": " + hint) + "\n";
  }
  // Whole: why a check has failed is what one looks for.
  std::string out = checks.Render({.width = 0, .colours = style.colours}) + hints;
  const Json rows = test.value("rows", Json::array());
  if (!rows.empty()) out += "\n";
  for (const Json& row : rows) out += Printable(row.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
  return out;
}

}  // namespace laminar::client
