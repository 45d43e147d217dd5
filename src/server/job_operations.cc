#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/checkpoint_store.h"
#include "server/job_figures.h"
#include "server/jobs/log_followers.h"
#include "server/operations.h"
#include "state/state_file.h"

namespace laminar::server {

namespace {

constexpr char kCheckpointPrefix[] = "chk_";
constexpr int64_t kMostOutputRows = 1'000;  // in one answer

QueryParameter After() {
  return {"after",
          {{"type", "integer"}, {"minimum", 0}, {"maximum", INT64_MAX}, {"default", 0}},
          "The number that the first one comes behind"};
}
QueryParameter Limit(int64_t most, int64_t if_not_given) {
  return {"limit",
          {{"type", "integer"}, {"minimum", 1}, {"maximum", most}, {"default", if_not_given}},
          "How many at most; events come without end"};
}

json OptionalTime(std::optional<int64_t> micros) {
  return micros ? TimeOf(*micros) : json();
}

Answer NoJob(const std::string& id) {
  return Error(404, "there is no job " + id);
}

bool WantsEvents(const Call& call) {
  return call.http.Header("accept").find("text/event-stream") != std::string::npos;
}

// Of a job that has gone.
std::shared_ptr<EventStream> EndedEvents() {
  auto events = std::make_shared<EventStream>();
  events->Send("done", "{}");
  events->End();
  return events;
}

// What there is of a job: its record, and the job itself where it has been there since the server began.
struct FoundJob {
  JobRecord record;
  std::shared_ptr<Job> job;  // nullptr
  std::string name;          // of its pipeline
};

// nullopt: there is none, or `*refused` says why it cannot be told.
std::optional<FoundJob> FindJob(const Resources& resources, const Call& call, Answer* refused) {
  const std::string& id = call.path.at("id");
  FoundJob found;
  found.job = resources.supervisor->Find(id);
  if (found.job != nullptr) {
    found.record = found.job->record();
  } else {
    const auto kept = resources.jobs->Find(id);
    if (!kept.ok() || !*kept) {
      *refused = kept.ok() ? NoJob(id) : Error(kept.status());
      return std::nullopt;
    }
    found.record = **kept;
  }
  const auto pipeline = resources.pipelines->Find(found.record.pipeline_id);
  if (!pipeline.ok()) {
    *refused = Error(pipeline.status());
    return std::nullopt;
  }
  if (*pipeline) found.name = (*pipeline)->name;
  return found;
}

Answer Get(const Resources& resources, const Call& call) {
  Answer answer;
  if (const auto found = FindJob(resources, call, &answer)) answer.body = JobToJson(found->record, found->name);
  return answer;
}

Answer ListOf(const Resources& resources, const Call& call, const std::string& pipeline_id) {
  const auto jobs = resources.jobs->List(pipeline_id);
  if (!jobs.ok()) return Error(jobs.status());
  std::map<std::string, std::string> names;
  for (const bool previews : {false, true}) {
    const auto pipelines = resources.pipelines->List(previews);
    if (!pipelines.ok()) return Error(pipelines.status());
    for (const PipelineRecord& pipeline : *pipelines) names[pipeline.id] = pipeline.name;
  }
  std::vector<json> list;
  for (const JobRecord& job : *jobs) list.push_back(JobToJson(job, names[job.pipeline_id]));
  return Page(call, list);
}

Answer ListOfPipeline(const Resources& resources, const Call& call) {
  const std::string& id = call.path.at("id");
  const auto pipeline = resources.pipelines->Find(id);
  if (!pipeline.ok()) return Error(pipeline.status());
  if (!*pipeline) return Error(404, "there is no pipeline " + id);
  return ListOf(resources, call, id);
}

Answer Stop(const Resources& resources, const Call& call) {
  Answer answer;
  const auto found = FindJob(resources, call, &answer);
  if (!found) return answer;
  const auto pipeline = resources.pipelines->Find(found->record.pipeline_id);
  if (!pipeline.ok()) return Error(pipeline.status());
  const std::shared_ptr<Job> newest = resources.supervisor->OfPipeline(found->record.pipeline_id);
  // One that has ended is left alone, and so is the pipeline that has another.
  if (*pipeline && newest == found->job && newest != nullptr && !HasEnded(found->record.state)) {
    PipelineRecord record = **pipeline;
    const Status stopped = resources.supervisor->Stop(&record, *FindStopMode(call.body.at("mode").get<std::string>()));
    if (!stopped.ok()) return Error(stopped);
    newest->WaitEnded(call.body.value("timeout_seconds", int64_t{0}) * 1'000);
    answer.body = JobToJson(newest->record(), found->name);
  } else {
    answer.body = JobToJson(found->record, found->name);
  }
  answer.object = found->record.id;
  return answer;
}

Answer Errors(const Resources& resources, const Call& call) {
  Answer answer;
  const auto found = FindJob(resources, call, &answer);
  if (!found) return answer;
  if (found->job != nullptr) resources.supervisor->KeepErrors(found->job);
  const auto errors = resources.jobs->Errors(found->record.id);
  if (!errors.ok()) return Error(errors.status());
  std::vector<json> list;
  for (const JobError& error : *errors) {
    json each = json::parse(error.details);
    each["id"] = std::to_string(error.id);
    each["at"] = TimeOf(error.at);
    list.push_back(std::move(each));
  }
  return Page(call, list);
}

Answer Metrics(const Resources& resources, const Call& call) {
  Answer answer;
  const auto found = FindJob(resources, call, &answer);
  if (!found) return answer;
  const std::optional<PipelineFigures> figures = found->job == nullptr ? std::nullopt : found->job->Figures();
  answer.body = FiguresToJson(figures.value_or(PipelineFigures()));
  answer.body["job_id"] = found->record.id;
  answer.body["at"] = TimeOf(resources.clock->WallMicros());
  const auto points = static_cast<size_t>(call.Integer("points"));
  answer.body["series"] = found->job == nullptr ? FigureSeries().ToJson() : found->job->Series(points);
  return answer;
}

// ---- what it logs

Answer Logs(const Resources& resources, const Call& call) {
  Answer answer;
  const auto found = FindJob(resources, call, &answer);
  if (!found) return answer;
  const int64_t after = call.Integer("after");
  if (WantsEvents(call)) {
    answer.events = found->job == nullptr ? EndedEvents() : found->job->FollowLog(after);
    return answer;
  }
  answer.body = {{"lines", json::array()}, {"last", after}};
  if (found->job == nullptr) return answer;
  for (const LogLine& line : found->job->log().After(after, static_cast<size_t>(call.Integer("limit"))))
    answer.body["lines"].push_back(LogLineToJson(line));
  if (!answer.body["lines"].empty()) answer.body["last"] = answer.body["lines"].back()["number"];
  return answer;
}

// ---- checkpoints

// Of a source's position, which is JSON in one line.
json PositionToJson(const std::string& position) {
  json parsed = json::parse(position, nullptr, /*allow_exceptions=*/false);
  return parsed.is_discarded() ? json(position) : parsed;
}

json CheckpointToJson(int64_t number, const Result<Manifest>& manifest, bool with_parts) {
  json out = {{"id", kCheckpointPrefix + std::to_string(number)},
              {"number", number},
              {"taken_at", nullptr},
              {"bytes", nullptr},
              {"finished", false},
              {"damaged", !manifest.ok()},
              {"problem", manifest.ok() ? json() : json(manifest.status().message())},
              {"sources", json::array()}};
  if (with_parts) out["parts"] = json::array();
  if (!manifest.ok()) return out;
  out["taken_at"] = TimeOf(manifest->taken_micros);
  out["bytes"] = manifest->Bytes();
  out["finished"] = manifest->finished;
  for (const auto& [table, source] : manifest->sources) {
    out["sources"].push_back({{"table", table},
                              {"watermark", OptionalTime(source.watermark_micros)},
                              {"position", PositionToJson(source.position)}});
  }
  if (!with_parts) return out;
  for (const auto& [id, op] : manifest->operators) {
    for (const Manifest::Part& part : op.parts)
      out["parts"].push_back({{"of", id}, {"worker", part.worker}, {"file", part.file}, {"bytes", part.bytes}});
  }
  for (const auto& [table, writers] : manifest->writers) {
    for (const Manifest::Writer& writer : writers) {
      for (const Manifest::Part& part : writer.parts)
        out["parts"].push_back({{"of", table}, {"worker", part.worker}, {"file", part.file}, {"bytes", part.bytes}});
    }
  }
  return out;
}

Answer Checkpoints(const Resources& resources, const Call& call) {
  Answer answer;
  const auto found = FindJob(resources, call, &answer);
  if (!found) return answer;
  const auto blobs = resources.read_state(found->record.pipeline_id);
  if (!blobs.ok()) return Error(blobs.status());
  std::vector<json> list;
  if (*blobs != nullptr) {
    CheckpointStore store(blobs->get(), "");
    const auto numbers = store.Numbers();
    if (!numbers.ok()) return Error(numbers.status());
    for (const int64_t number : *numbers)
      list.push_back(CheckpointToJson(number, store.ReadManifest(number), /*with_parts=*/false));
  }
  return Page(call, list);
}

Answer Checkpoint(const Resources& resources, const Call& call) {
  Answer answer;
  const auto found = FindJob(resources, call, &answer);
  if (!found) return answer;
  const std::string& id = call.path.at("checkpoint_id");
  const Answer none = Error(404, "there is no checkpoint " + id + " of the job " + found->record.id,
                            {{"hint", "The last few are kept"}});
  int64_t number = 0;
  const char* const begin = id.data() + std::min(id.size(), sizeof kCheckpointPrefix - 1);
  const auto [end, error] = std::from_chars(begin, id.data() + id.size(), number);
  if (!id.starts_with(kCheckpointPrefix) || error != std::errc() || end != id.data() + id.size()) return none;
  const auto blobs = resources.read_state(found->record.pipeline_id);
  if (!blobs.ok()) return Error(blobs.status());
  if (*blobs == nullptr) return none;
  CheckpointStore store(blobs->get(), "");
  const auto numbers = store.Numbers();
  if (!numbers.ok()) return Error(numbers.status());
  if (std::find(numbers->begin(), numbers->end(), number) == numbers->end()) return none;
  answer.body = CheckpointToJson(number, store.ReadManifest(number), /*with_parts=*/true);
  return answer;
}

// ---- output

Answer Output(const Resources& resources, const Call& call) {
  Answer answer;
  const auto found = FindJob(resources, call, &answer);
  if (!found) return answer;
  const int64_t after = call.Integer("after");
  if (WantsEvents(call)) {
    answer.events = found->job == nullptr ? EndedEvents() : found->job->output().Follow(after);
    return answer;
  }
  if (found->job == nullptr) {
    // Of before the server began: its rows are gone.
    answer.body = {{"rows", json::array()}, {"last", after}, {"dropped", 0}, {"done", true}};
    return answer;
  }
  const JobOutput::Page page = found->job->output().After(after, static_cast<size_t>(call.Integer("limit")));
  answer.content_type = "application/json";
  answer.text = "{\"rows\":[";
  for (const JobOutput::Row& row : page.rows) answer.text += (&row == &page.rows.front() ? "" : ",") + row.text;
  answer.text += "],\"last\":" + std::to_string(page.last) + ",\"dropped\":" + std::to_string(page.dropped) +
                 ",\"done\":" + (page.done ? "true" : "false") + "}\n";
  return answer;
}

void AddJobSchemas(Schemas* schemas) {
  schemas->Add("JobState", R"json({"type": "string",
    "enum": ["Created", "Scheduling", "Running", "Stopping", "Restarting", "Stopped", "Finished", "Failed"]})json");
  schemas->Add("Job", R"json({
    "type": "object", "required": ["id", "pipeline_id", "run_id", "state", "created_at"],
    "properties": {"id": {"type": "string"}, "pipeline_id": {"type": "string"}, "pipeline_name": {"type": "string"}, "run_id": {"type": "integer"},
      "state": {"$ref": "#/components/schemas/JobState"}, "query": {"type": "string"}, "preview": {"type": "boolean"}, "restarts": {"type": "integer"},
      "created_at": {"type": "string", "format": "date-time"}, "started_at": {"type": ["string", "null"]}, "finished_at": {"type": ["string", "null"]},
      "failure_message": {"type": ["string", "null"]}, "failure": {"oneOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "null"}]}}})json");
  schemas->Add("JobList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}, "has_more": {"type": "boolean"}}})json");
  schemas->Add("StopJob", R"json({
    "type": "object", "required": ["mode"], "additionalProperties": false,
    "properties": {"mode": {"type": "string", "enum": ["checkpoint", "graceful", "immediate", "force"]},
                   "timeout_seconds": {"type": "integer", "minimum": 0, "maximum": 25, "default": 0, "description": "How long the answer waits for the end"}}})json");
  schemas->Add("ErrorList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"type": "object", "required": ["id", "at", "kind", "message", "hint"]}}, "has_more": {"type": "boolean"}}})json");
  schemas->Add("Checkpoint", R"json({
    "type": "object", "required": ["id", "number", "taken_at", "bytes", "finished", "damaged", "sources"],
    "properties": {"id": {"type": "string"}, "number": {"type": "integer"}, "taken_at": {"type": ["string", "null"]}, "bytes": {"type": ["integer", "null"]},
      "finished": {"type": "boolean", "description": "The sources had ended: there is nothing to go on with"}, "damaged": {"type": "boolean"},
      "problem": {"type": ["string", "null"]}, "sources": {"type": "array", "items": {"type": "object"}}, "parts": {"type": "array", "items": {"type": "object"}}}})json");
  schemas->Add("CheckpointList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Checkpoint"}}, "has_more": {"type": "boolean"}}})json");
  schemas->Add("JobMetrics", R"json({
    "type": "object", "required": ["job_id", "at", "totals", "sources", "operators", "sinks", "series"],
    "properties": {"job_id": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "totals": {"type": "object"},
      "sources": {"type": "array", "items": {"type": "object"}}, "operators": {"type": "array", "items": {"type": "object"}},
      "sinks": {"type": "array", "items": {"type": "object"}}, "series": {"type": "object"}}})json");
  schemas->Add("JobLog", R"json({
    "type": "object", "required": ["lines", "last"],
    "properties": {"lines": {"type": "array", "items": {"type": "object", "required": ["number", "at", "level", "message", "fields"]}}, "last": {"type": "integer"}}})json");
  schemas->Add("JobOutput", R"json({
    "type": "object", "required": ["rows", "last", "dropped", "done"],
    "properties": {"rows": {"type": "array", "items": {"type": "object", "required": ["number", "table", "row"]}}, "last": {"type": "integer"},
                   "dropped": {"type": "integer"}, "done": {"type": "boolean"}}})json");
}

}  // namespace

json JobToJson(const JobRecord& job, const std::string& name) {
  const json failure = job.failure.empty() ? json() : json::parse(job.failure);
  return {{"id", job.id},
          {"pipeline_id", job.pipeline_id},
          {"pipeline_name", name},
          {"run_id", job.run},
          {"state", std::string(JobStateName(job.state))},
          {"query", job.query},
          {"preview", job.preview},
          {"restarts", job.restarts},
          {"created_at", TimeOf(job.created_at)},
          {"started_at", OptionalTime(job.started_at)},
          {"finished_at", OptionalTime(job.finished_at)},
          {"failure_message", failure.is_object() ? failure.value("message", json()) : json()},
          {"failure", failure}};
}

void AddJobOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas) {
  AddJobSchemas(schemas);
  const auto add = [&](Operation operation, Answer (*handler)(const Resources&, const Call&)) {
    operation.tag = "jobs";
    operation.handler = [resources, handler](const Call& call) { return handler(resources, call); };
    operations->push_back(std::move(operation));
  };
  add({.method = "GET",
       .path = "/jobs",
       .id = "listJobs",
       .summary = "Runs of pipelines, the newest first",
       .query = PagingParameters(),
       .outcomes = {{200, "JobList"}}},
      [](const Resources& all, const Call& call) { return ListOf(all, call, ""); });
  add({.method = "GET",
       .path = "/pipelines/{id}/jobs",
       .id = "listPipelineJobs",
       .summary = "Runs of a pipeline, the newest first",
       .query = PagingParameters(),
       .outcomes = {{200, "JobList"}}},
      ListOfPipeline);
  add({.method = "GET", .path = "/jobs/{id}", .id = "getJob", .summary = "One run", .outcomes = {{200, "Job"}}}, Get);
  add({.method = "POST",
       .path = "/jobs/{id}/stop",
       .id = "stopJob",
       .summary = "Stop a run, and wait for its end if asked to",
       .access = Access::kEditor,
       .body = "StopJob",
       .outcomes = {{200, "Job"}},
       .changes = true},
      Stop);
  add({.method = "GET",
       .path = "/jobs/{id}/metrics",
       .id = "getJobMetrics",
       .summary = "Totals, and figures of each source, shard, operator and sink; how they went over ten minutes",
       .query = {{"points",
                  {{"type", "integer"},
                   {"minimum", 0},
                   {"maximum", FigureSeries::kMostSamples},
                   {"default", FigureSeries::kMostSamples}},
                  "How many of the last points the series have at most"}},
       .outcomes = {{200, "JobMetrics"}}},
      Metrics);
  add({.method = "GET",
       .path = "/jobs/{id}/logs",
       .id = "getJobLogs",
       .summary = "The last lines that it logged",
       .query = {After(), Limit(1'000, 200)},
       .outcomes = {{200, "JobLog"}},
       .gives_events = true},
      Logs);
  add({.method = "GET",
       .path = "/jobs/{id}/errors",
       .id = "listJobErrors",
       .summary = "What went wrong, the newest first",
       .query = PagingParameters(),
       .outcomes = {{200, "ErrorList"}}},
      Errors);
  add({.method = "GET",
       .path = "/jobs/{id}/checkpoints",
       .id = "listCheckpoints",
       .summary = "The checkpoints that are kept, the newest first",
       .query = PagingParameters(),
       .outcomes = {{200, "CheckpointList"}},
       .failures = {503}},
      Checkpoints);
  add({.method = "GET",
       .path = "/jobs/{id}/checkpoints/{checkpoint_id}",
       .id = "getCheckpoint",
       .summary = "One checkpoint",
       .outcomes = {{200, "Checkpoint"}},
       .failures = {503}},
      Checkpoint);
  add({.method = "GET",
       .path = "/jobs/{id}/output",
       .id = "getJobOutput",
       .summary = "Rows of a preview, of a SELECT without INSERT, of the connector stdout",
       .query = {After(), Limit(kMostOutputRows, 100)},
       .outcomes = {{200, "JobOutput"}},
       .gives_events = true},
      Output);
}

}  // namespace laminar::server
