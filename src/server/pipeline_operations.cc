#include <algorithm>
#include <map>
#include <optional>

#include "base/log.h"
#include "engine/checkpoint_store.h"
#include "engine/memory_shares.h"
#include "engine/recovery.h"
#include "server/jobs/problem.h"
#include "server/operations.h"
#include "server/script_compile.h"

namespace laminar::server {

namespace {

Answer NoPipeline(const std::string& id) {
  return Error(404, "there is no pipeline " + id);
}

Answer Conflict(const Status& status) {
  json details = json::object();
  if (!status.hint().empty()) details["hint"] = InApiWords(status.hint());
  if (status.position().known())
    details["position"] = {{"line", status.position().line}, {"column", status.position().column}};
  return Error(409, InApiWords(status.message()), std::move(details));
}

Answer Refused(const Status& status) {
  if (status.code() == Supervisor::kRunning) return Conflict(status);
  return status.code() == Supervisor::kMissing ? Error(404, status.message()) : Error(status);
}

std::optional<JobRecord> NewestJob(const Resources& resources, const std::string& pipeline_id) {
  if (const auto job = resources.supervisor->OfPipeline(pipeline_id)) return job->record();
  const auto jobs = resources.jobs->List(pipeline_id);
  if (!jobs.ok() || jobs->empty()) return std::nullopt;
  return jobs->front();
}

json ToJson(const Resources& resources, const PipelineRecord& pipeline, const std::optional<JobRecord>& job) {
  const PipelineSettings& settings = pipeline.settings;
  return {
      {"id", pipeline.id},
      {"name", pipeline.name},
      {"query", pipeline.query},
      {"parallelism", settings.parallelism},
      {"checkpoint_interval_micros", settings.checkpoint_interval_micros},
      {"restarts_per_hour", settings.restarts_per_hour},
      {"memory_limit_bytes",
       settings.memory_limit_bytes > 0 ? settings.memory_limit_bytes : resources.pipeline_limit_bytes},
      {"preview", pipeline.preview},
      {"desired_state", pipeline.runs ? "running" : "stopped"},
      {"stop", pipeline.stop ? std::string(StopModeName(*pipeline.stop)) : "none"},
      {"state", std::string(JobStateName(job ? job->state : JobState::kCreated))},
      {"job_id", job ? json(job->id) : json()},
      {"restarts", job ? job->restarts : 0},
      {"running_query", job ? json(job->query) : json()},
      {"failure_message", job && !job->failure.empty() ? json::parse(job->failure).value("message", json()) : json()},
      {"created_at", TimeOf(pipeline.created_at)},
      {"updated_at", TimeOf(pipeline.updated_at)}};
}

Answer Whole(const Resources& resources, const PipelineRecord& pipeline) {
  Answer answer;
  answer.body = ToJson(resources, pipeline, NewestJob(resources, pipeline.id));
  const json plan = json::parse(pipeline.plan);
  answer.body["graph"] = plan.at("graph");
  answer.body["outputs"] = plan.at("outputs");
  answer.object = pipeline.id;
  return answer;
}

Answer WrongQuery(const std::vector<Status>& problems) {
  json errors = json::array();
  for (const Status& problem : problems) errors.push_back(ProblemOf(problem));
  const Status& first = problems.front();
  const bool unavailable = first.kind() == StatusKind::kEnvironment;
  json details = {{"field", "query"}, {"errors", std::move(errors)}};
  if (!first.hint().empty()) details["hint"] = InApiWords(first.hint());
  if (first.position().known())
    details["position"] = {{"line", first.position().line}, {"column", first.position().column}};
  return Error(unavailable ? 503 : 422, InApiWords(first.message()), std::move(details));
}

// The members of a request that are settings.
std::optional<Answer> ReadSettings(const Resources& resources, const json& body, PipelineSettings* settings) {
  settings->parallelism = body.value("parallelism", settings->parallelism);
  settings->checkpoint_interval_micros = body.value("checkpoint_interval_micros", settings->checkpoint_interval_micros);
  settings->restarts_per_hour = body.value("restarts_per_hour", settings->restarts_per_hour);
  settings->memory_limit_bytes = body.value("memory_limit_bytes", settings->memory_limit_bytes);
  if (settings->memory_limit_bytes > resources.process_limit_bytes)
    return Error(422,
                 "memory_limit_bytes is more than the server's own, " + std::to_string(resources.process_limit_bytes),
                 {{"field", "memory_limit_bytes"}, {"hint", "Start the server with a larger --memory-limit"}});
  return std::nullopt;
}

// Compiled into pipeline->plan. nullopt: it is right.
std::optional<Answer> Compile(const Resources& resources, DuckSession* session, PipelineRecord* pipeline,
                              std::unique_ptr<sql::CompiledScript>* script) {
  sql::CompileResult result = CompileForClient(resources, pipeline->query, session);
  if (result.script == nullptr) return WrongQuery(result.problems);
  // A preview writes nowhere.
  if (const Status keeps = CanKeepState(*result.script); !pipeline->preview && !keeps.ok()) return WrongQuery({keeps});
  pipeline->plan = json{{"graph", GraphOf(result.script->plan)},
                        {"outputs", OutputsOf(result.script->plan)},
                        {"tables", TablesOf(*result.script)}}
                       .dump();
  *script = std::move(result.script);
  return std::nullopt;
}

Answer NameTaken(const std::string& name) {
  return Error(409, "there is a pipeline named " + name, {{"field", "name"}});
}

Answer Create(const Resources& resources, const Call& call) {
  const json& body = call.body;
  PipelineRecord pipeline;
  pipeline.query = body.at("query");
  pipeline.preview = body.value("preview", false);
  // A preview is named by nobody.
  if (!pipeline.preview) pipeline.name = body.value("name", "");
  if (!pipeline.preview && pipeline.name.empty())
    return Error(422, "a pipeline has a name", {{"field", "name"}, {"hint", "Only a preview may do without"}});
  if (auto wrong = ReadSettings(resources, body, &pipeline.settings)) return std::move(*wrong);
  const std::unique_ptr<DuckSession> session = resources.duck->NewSession();
  std::unique_ptr<sql::CompiledScript> script;
  std::shared_lock tables(*resources.tables_in_use);
  if (auto wrong = Compile(resources, session.get(), &pipeline, &script)) return std::move(*wrong);
  // At once: a server that is killed before it has started goes on with that.
  pipeline.runs = body.value("start", true);
  auto made = resources.pipelines->Create(pipeline);
  tables.unlock();
  if (!made.ok() && made.status().code() == Metadata::kUnique) return NameTaken(pipeline.name);
  if (!made.ok()) return Error(made.status());
  if (pipeline.runs) {
    const auto started = resources.supervisor->Start(&*made, {});
    if (!started.ok()) {
      // A refusal leaves nothing behind: the same request can be sent again.
      const auto deleted = resources.supervisor->Delete(made->id, /*force=*/true);
      if (!deleted.ok()) LogError("a pipeline that did not start is left", {{"error", deleted.status().ToString()}});
      return Refused(started.status());
    }
  }
  return Whole(resources, *made);
}

// That of the checkpoints there are.
Status FitsCheckpoints(const Resources& resources, const std::string& id, const sql::CompiledScript& script) {
  ASSIGN_OR_RETURN(const auto blobs, resources.read_state(id));
  if (blobs == nullptr) return Status::Ok();
  CheckpointStore store(blobs.get(), "");
  return FitsState(&store, script);
}

// That of the next checkpoint, which a job that has begun will take; one that only failed so far will take none.
Status FitsJob(const Resources& resources, const std::string& id, const sql::CompiledScript& script) {
  const auto job = resources.supervisor->OfPipeline(id);
  if (job == nullptr) return Status::Ok();
  const JobRecord record = job->record();
  const bool only_failed = !record.started_at && (record.restarts > 0 || record.state == JobState::kRestarting);
  if (HasEnded(record.state) || only_failed) return Status::Ok();
  const std::unique_ptr<DuckSession> session = resources.duck->NewSession();
  const sql::CompileResult running = CompileScript(resources, record.query, session.get());
  return running.script == nullptr ? Status::Ok() : FitsRunning(*running.script, script);
}

// Whether the state that the pipeline has, or is about to have, fits the new script.
std::optional<Answer> CheckState(const Resources& resources, const std::string& id, const sql::CompiledScript& script) {
  Status fits = FitsCheckpoints(resources, id, script);
  if (fits.ok()) fits = FitsJob(resources, id, script);
  if (fits.ok()) return std::nullopt;
  if (fits.kind() != StatusKind::kUser) return Error(fits);
  Answer answer = Conflict(fits);
  answer.body["error"]["details"]["field"] = "query";
  answer.body["error"]["details"]["hint"] =
      "\"fresh\": true in the same request lets it begin anew; another pipeline keeps both";
  return answer;
}

std::optional<Answer> ChangeDefinition(const Resources& resources, const json& body, PipelineRecord* pipeline) {
  const std::shared_lock tables(*resources.tables_in_use);
  pipeline->name = body.value("name", pipeline->name);
  if (auto wrong = ReadSettings(resources, body, &pipeline->settings)) return wrong;
  if (body.contains("query")) {
    pipeline->query = body["query"];
    const std::unique_ptr<DuckSession> session = resources.duck->NewSession();
    std::unique_ptr<sql::CompiledScript> script;
    if (auto wrong = Compile(resources, session.get(), pipeline, &script)) return wrong;
    if (!body.value("fresh", false)) {
      if (auto wrong = CheckState(resources, pipeline->id, *script)) return wrong;
    }
  }
  const Status kept = resources.pipelines->UpdateDefinition(pipeline);
  if (kept.code() == Metadata::kUnique) return NameTaken(pipeline->name);
  if (!kept.ok()) return Error(kept);
  return std::nullopt;
}

Answer Change(const Resources& resources, const Call& call) {
  const PipelineLocks::Hold alone = resources.changes->Take(call.path.at("id"));
  const auto found = resources.pipelines->Find(call.path.at("id"));
  if (!found.ok()) return Error(found.status());
  if (!*found) return NoPipeline(call.path.at("id"));
  PipelineRecord pipeline = **found;
  const json& body = call.body;
  if (auto wrong = ChangeDefinition(resources, body, &pipeline)) return std::move(*wrong);
  if (body.value("fresh", false)) {
    const Status kept = resources.supervisor->BeginAnew(&pipeline);
    if (!kept.ok()) return Refused(kept);
  }
  if (body.contains("stop") && body["stop"] == "none") {
    const auto started = resources.supervisor->Start(&pipeline, {});
    if (!started.ok() && started.status().code() != Supervisor::kRunning) return Refused(started.status());
  } else if (body.contains("stop")) {
    const Status stopped = resources.supervisor->Stop(&pipeline, *FindStopMode(body["stop"].get<std::string>()));
    if (!stopped.ok()) return Refused(stopped);
  }
  return Whole(resources, pipeline);
}

Answer Restart(const Resources& resources, const Call& call) {
  const PipelineLocks::Hold alone = resources.changes->Take(call.path.at("id"));
  const auto found = resources.pipelines->Find(call.path.at("id"));
  if (!found.ok()) return Error(found.status());
  if (!*found) return NoPipeline(call.path.at("id"));
  PipelineRecord pipeline = **found;
  const StopMode mode = *FindStopMode(call.body.value("mode", "checkpoint"));
  const auto started = resources.supervisor->Restart(
      &pipeline, mode, {call.body.value("fresh", false), call.body.value("accept_duplicates", false)});
  if (!started.ok()) return Refused(started.status());
  return Whole(resources, pipeline);
}

Answer Delete(const Resources& resources, const Call& call) {
  const PipelineLocks::Hold alone = resources.changes->Take(call.path.at("id"));
  const auto deleted = resources.supervisor->Delete(call.path.at("id"), call.query.at("force") == "true");
  if (!deleted.ok()) return Refused(deleted.status());
  if (!*deleted) return NoPipeline(call.path.at("id"));
  return Answer{.status = 204};
}

Answer List(const Resources& resources, const Call& call) {
  const auto pipelines = resources.pipelines->List();
  if (!pipelines.ok()) return Error(pipelines.status());
  const auto newest = resources.jobs->Newest();
  if (!newest.ok()) return Error(newest.status());
  std::map<std::string, const JobRecord*> jobs;
  for (const JobRecord& job : *newest) jobs[job.pipeline_id] = &job;
  std::vector<json> list;
  for (const PipelineRecord& pipeline : *pipelines) {
    const auto job = jobs.find(pipeline.id);
    list.push_back(ToJson(resources, pipeline, job == jobs.end() ? std::nullopt : std::optional(*job->second)));
  }
  return Page(call, list);
}

constexpr char kStopSchema[] = R"json({"type": "string", "enum": ["checkpoint", "graceful", "immediate", "force"],
  "description": "checkpoint: a last checkpoint, then stop; graceful: open windows are given out first; immediate: without a checkpoint; force: without waiting for anything"})json";

// Those that POST and PATCH have in common.
json SettingsSchema() {
  json properties = json::parse(R"json({
    "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[^\\u0000-\\u001f\\u007f]*$"},
    "query": {"type": "string", "minLength": 1, "maxLength": 400000, "description": "A script: CREATE TABLE, INSERT INTO ... SELECT"},
    "parallelism": {"type": "integer", "minimum": 1, "maximum": 256, "default": 1, "description": "Workers"},
    "checkpoint_interval_micros": {"type": "integer", "minimum": 100000, "maximum": 86400000000, "default": 10000000},
    "restarts_per_hour": {"type": "integer", "minimum": 0, "maximum": 1000000, "default": 10, "description": "How often it is started again after a failure that may pass"}})json");
  properties["memory_limit_bytes"] = {{"type", "integer"},
                                      {"minimum", kLeastMemoryLimit},
                                      {"maximum", int64_t{1} << 50},
                                      {"description", "What the pipeline may hold"}};
  return properties;
}

void AddPipelineSchemas(Schemas* schemas) {
  json create = {{"type", "object"}, {"required", {"query"}}, {"additionalProperties", false}};
  create["properties"] = SettingsSchema();
  create["properties"]["preview"] = {
      {"type", "boolean"},
      {"default", false},
      {"description", "Rows go to the job's output instead of the sinks, and no state is kept"}};
  create["properties"]["start"] = {{"type", "boolean"}, {"default", true}};
  schemas->Add("CreatePipeline", create);
  json change = {{"type", "object"}, {"additionalProperties", false}};
  change["properties"] = SettingsSchema();
  for (auto& [name, schema] : change["properties"].items()) schema.erase("default");
  json stop = json::parse(kStopSchema);
  stop["enum"].push_back("none");
  change["properties"]["stop"] = stop;
  change["properties"]["fresh"] = {{"type", "boolean"}, {"description", "Its next start begins anew"}};
  schemas->Add("ChangePipeline", change);
  json restart = {{"type", "object"}, {"additionalProperties", false}};
  restart["properties"] = {{"mode", json::parse(kStopSchema)},
                           {"fresh", {{"type", "boolean"}, {"default", false}}},
                           {"accept_duplicates", {{"type", "boolean"}, {"default", false}}}};
  schemas->Add("RestartPipeline", restart);
  schemas->Add("Pipeline", R"json({
    "type": "object", "required": ["id", "name", "query", "parallelism", "state", "desired_state", "stop", "created_at", "updated_at"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "query": {"type": "string"}, "parallelism": {"type": "integer"},
      "checkpoint_interval_micros": {"type": "integer"}, "restarts_per_hour": {"type": "integer"}, "memory_limit_bytes": {"type": "integer"}, "preview": {"type": "boolean"},
      "desired_state": {"type": "string", "enum": ["running", "stopped"]}, "stop": {"type": "string", "enum": ["none", "checkpoint", "graceful", "immediate", "force"]},
      "state": {"$ref": "#/components/schemas/JobState"}, "job_id": {"type": ["string", "null"]}, "restarts": {"type": "integer", "description": "Of its newest job"}, "running_query": {"type": ["string", "null"]},
      "failure_message": {"type": ["string", "null"]}, "graph": {"$ref": "#/components/schemas/Graph"}, "outputs": {"type": "array", "items": {"type": "object"}},
      "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"}}})json");
  schemas->Add("PipelineList", R"json({
    "type": "object", "required": ["data", "has_more"],
    "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Pipeline"}}, "has_more": {"type": "boolean"}}})json");
}

}  // namespace

Result<std::vector<std::string>> PipelinesOfTable(const Pipelines& pipelines, std::string table) {
  std::transform(table.begin(), table.end(), table.begin(), [](unsigned char c) { return std::tolower(c); });
  ASSIGN_OR_RETURN(const auto all, pipelines.List());
  std::vector<std::string> users;
  for (const PipelineRecord& pipeline : all) {
    const json tables = json::parse(pipeline.plan).at("tables");
    if (std::find(tables.begin(), tables.end(), table) != tables.end()) users.push_back(pipeline.name);
  }
  return users;
}

void AddPipelineOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas) {
  AddPipelineSchemas(schemas);
  const auto add = [&](Operation operation, Answer (*handler)(const Resources&, const Call&)) {
    operation.tag = "pipelines";
    operation.handler = [resources, handler](const Call& call) { return handler(resources, call); };
    operations->push_back(std::move(operation));
  };
  add({.method = "GET",
       .path = "/pipelines",
       .id = "listPipelines",
       .summary = "Pipelines, the oldest first",
       .query = PagingParameters(),
       .outcomes = {{200, "PipelineList"}}},
      List);
  add({.method = "POST",
       .path = "/pipelines",
       .id = "createPipeline",
       .summary = "Make a pipeline, and start it",
       .access = Access::kEditor,
       .body = "CreatePipeline",
       .outcomes = {{200, "Pipeline"}},
       .failures = {409, 503},
       .changes = true},
      Create);
  add({.method = "GET",
       .path = "/pipelines/{id}",
       .id = "getPipeline",
       .summary = "One pipeline, with its plan",
       .outcomes = {{200, "Pipeline"}}},
      [](const Resources& all, const Call& call) {
        const auto found = all.pipelines->Find(call.path.at("id"));
        if (!found.ok()) return Error(found.status());
        return *found ? Whole(all, **found) : NoPipeline(call.path.at("id"));
      });
  add({.method = "PATCH",
       .path = "/pipelines/{id}",
       .id = "changePipeline",
       .summary = "Change, start or stop a pipeline; a new query takes effect at its next start",
       .access = Access::kEditor,
       .body = "ChangePipeline",
       .outcomes = {{200, "Pipeline"}},
       .failures = {409, 503},
       .changes = true},
      Change);
  add({.method = "DELETE",
       .path = "/pipelines/{id}",
       .id = "deletePipeline",
       .summary = "Delete a pipeline with its jobs and its state",
       .access = Access::kEditor,
       .query = {{"force", {{"type", "boolean"}, {"default", false}}, "Also where it runs"}},
       .outcomes = {{204, ""}},
       .failures = {409},
       .changes = true},
      Delete);
  add({.method = "POST",
       .path = "/pipelines/{id}/restart",
       .id = "restartPipeline",
       .summary = "Stop the pipeline if it runs, and start it",
       .access = Access::kEditor,
       .body = "RestartPipeline",
       .body_optional = true,
       .outcomes = {{200, "Pipeline"}},
       .failures = {503},
       .changes = true},
      Restart);
}

}  // namespace laminar::server
