#include "client/pipeline_text.h"

#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"

namespace laminar::client {

namespace {

std::string Note(const Json& pipeline) {
  if (const std::string failure = TextOf(pipeline, "failure_message"); !failure.empty()) return FirstLine(failure);
  return RunsAnotherQuery(pipeline) ? "its query has changed: it runs the one before until it is restarted" : "";
}

// "0  Source readings\n1  Project  after 0\n"
std::string PlanText(const Json& graph) {
  if (!graph.is_object() || !graph.contains("nodes")) return "";
  std::map<std::string, std::string> inputs;
  for (const Json& edge : graph.value("edges", Json::array())) {
    std::string& of = inputs[TextOf(edge, "to")];
    of += (of.empty() ? "" : ", ") + TextOf(edge, "from");
  }
  std::string out;
  for (const Json& node : graph["nodes"]) {
    const std::string id = TextOf(node, "id"), after = inputs[id];
    out += id + "  " + FirstLine(TextOf(node, "operator")) + (after.empty() ? "" : "  after " + after) + "\n";
    for (const Json& detail : node.value("details", Json::array())) {
      if (detail.is_string()) out += "     " + FirstLine(detail.get<std::string>()) + "\n";
    }
  }
  return out;
}

std::string OutputsText(const Json& outputs) {
  std::string out;
  for (const Json& output : outputs) {
    std::string fields;
    for (const Json& field : output.value("fields", Json::array()))
      fields += (fields.empty() ? "" : ", ") + TextOf(field, "name") + " " + TextOf(field, "data_type");
    out += TextOf(output, "table") + " (" + fields + ")\n";
  }
  return out;
}

}  // namespace

TextTable::Cell StateCell(const std::string& state) {
  if (state == "Running" || state == "Finished") return {state, Colour::kGood};
  if (state == "Failed") return {state, Colour::kBad};
  if (state == "Created" || state == "Stopped") return {state, Colour::kFaint};
  return {state, Colour::kWarning};
}

std::string ShownTime(const std::string& time) {
  const size_t point = time.find('.');
  return point == std::string::npos || !time.ends_with('Z') ? time : time.substr(0, point) + "Z";
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

bool RunsAnotherQuery(const Json& pipeline) {
  return IsRunning(pipeline) && TextOf(pipeline, "running_query") != TextOf(pipeline, "query");
}

bool IsRunning(const Json& pipeline) {
  const std::string state = TextOf(pipeline, "state");
  return !TextOf(pipeline, "job_id").empty() && state != "Stopped" && state != "Finished" && state != "Failed";
}

TextTable PipelineTable(const Json& list) {
  TextTable table({{"NAME"}, {"STATE"}, {"CHANGED"}, {"ID"}, {"JOB"}, {"NOTE"}});
  for (const Json& each : list["data"])
    table.Add({TextOf(each, "name"), StateCell(TextOf(each, "state")), ShownTime(TextOf(each, "updated_at")),
               TextOf(each, "id"), TextOf(each, "job_id"), Note(each)});
  return table;
}

std::string PipelineDetails(const Json& pipeline) {
  const std::string state = TextOf(pipeline, "state"), wanted = TextOf(pipeline, "desired_state");
  const bool differs = wanted == "running" ? !IsRunning(pipeline) : IsRunning(pipeline);
  const std::string asked = TextOf(pipeline, "stop");
  std::vector<std::pair<std::string, std::string>> fields = {
      {"name", TextOf(pipeline, "name")},
      {"id", TextOf(pipeline, "id")},
      {"state", state + (differs ? ", to be " + wanted : "")},
      {"stopped by", wanted == "stopped" && asked != "none" ? asked : ""},
      {"job", TextOf(pipeline, "job_id")},
      {"failure", TextOf(pipeline, "failure_message")},
      {"parallelism", TextOf(pipeline, "parallelism")},
      {"checkpoints", "every " + FormatDuration(NumberOf(pipeline, "checkpoint_interval_micros"))},
      {"restarts", "at most " + TextOf(pipeline, "restarts_per_hour") + " an hour"},
      {"memory limit", FormatBytes(static_cast<uint64_t>(NumberOf(pipeline, "memory_limit_bytes")))},
      {"created", ShownTime(TextOf(pipeline, "created_at"))},
      {"changed", ShownTime(TextOf(pipeline, "updated_at"))},
      {"plan", pipeline.contains("graph") ? PlanText(pipeline["graph"]) : ""},
      {"outputs",
       pipeline.contains("outputs") && pipeline["outputs"].is_array() ? OutputsText(pipeline["outputs"]) : ""},
      {"query", TextOf(pipeline, "query")}};
  if (RunsAnotherQuery(pipeline))
    fields.emplace_back("query that runs, until it is restarted", TextOf(pipeline, "running_query"));
  return RenderFields(fields);
}

}  // namespace laminar::client
