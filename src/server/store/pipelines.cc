#include "server/store/pipelines.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/store/secrets.h"

namespace laminar::server {

namespace {

constexpr std::pair<StopMode, std::string_view> kStopModes[] = {{StopMode::kCheckpoint, "checkpoint"},
                                                                {StopMode::kGraceful, "graceful"},
                                                                {StopMode::kImmediate, "immediate"},
                                                                {StopMode::kForce, "force"}};

constexpr char kSelectPipelines[] =
    "SELECT id, name, query, parallelism, checkpoint_interval_micros, restarts_per_hour, memory_limit_bytes, preview, "
    "runs, stop, fresh, created_at, updated_at, plan, has_state FROM pipelines";

PipelineRecord ReadPipeline(SQLite::Statement* row) {
  PipelineRecord pipeline;
  pipeline.id = row->getColumn(0).getString();
  pipeline.name = row->getColumn(1).getString();
  pipeline.query = row->getColumn(2).getString();
  pipeline.settings.parallelism = row->getColumn(3).getInt64();
  pipeline.settings.checkpoint_interval_micros = row->getColumn(4).getInt64();
  pipeline.settings.restarts_per_hour = row->getColumn(5).getInt64();
  pipeline.settings.memory_limit_bytes = row->getColumn(6).getInt64();
  pipeline.preview = row->getColumn(7).getInt() != 0;
  pipeline.runs = row->getColumn(8).getInt() != 0;
  pipeline.stop = FindStopMode(row->getColumn(9).getString());
  pipeline.fresh = row->getColumn(10).getInt() != 0;
  pipeline.created_at = row->getColumn(11).getInt64();
  pipeline.updated_at = row->getColumn(12).getInt64();
  pipeline.plan = row->getColumn(13).getString();
  pipeline.has_state = row->getColumn(14).getInt() != 0;
  return pipeline;
}

// From the first parameter on; the number of the last.
int BindDefinition(const PipelineRecord& pipeline, SQLite::Statement* statement) {
  int at = 0;
  statement->bind(++at, pipeline.name);
  statement->bind(++at, pipeline.query);
  statement->bind(++at, pipeline.settings.parallelism);
  statement->bind(++at, pipeline.settings.checkpoint_interval_micros);
  statement->bind(++at, pipeline.settings.restarts_per_hour);
  statement->bind(++at, pipeline.settings.memory_limit_bytes);
  statement->bind(++at, pipeline.plan);
  return at;
}

// From the parameter behind `at` on.
int BindWanted(const PipelineRecord& pipeline, int at, SQLite::Statement* statement) {
  statement->bind(++at, pipeline.runs ? 1 : 0);
  statement->bind(++at, pipeline.stop ? std::string(StopModeName(*pipeline.stop)) : "none");
  statement->bind(++at, pipeline.fresh ? 1 : 0);
  return at;
}

}  // namespace

std::optional<StopMode> FindStopMode(std::string_view name) {
  for (const auto& [mode, its_name] : kStopModes) {
    if (its_name == name) return mode;
  }
  return std::nullopt;
}

std::string_view StopModeName(StopMode mode) {
  return std::find_if(std::begin(kStopModes), std::end(kStopModes),
                      [&](const auto& each) { return each.first == mode; })
      ->second;
}

Result<PipelineRecord> Pipelines::Create(PipelineRecord pipeline) {
  pipeline.id = RandomId("pipe_");
  if (pipeline.name.empty()) pipeline.name = "preview_" + pipeline.id.substr(5);
  pipeline.created_at = pipeline.updated_at = clock_->WallMicros();
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    if (database->execAndGet("SELECT count(*) FROM pipelines").getInt64() >= kMost)
      return Status::User("there are " + std::to_string(kMost) + " pipelines, and no more may be made",
                          "Delete those that nobody uses");
    SQLite::Statement insert(*database,
                             "INSERT INTO pipelines (name, query, parallelism, checkpoint_interval_micros, "
                             "restarts_per_hour, memory_limit_bytes, plan, runs, stop, fresh, preview, updated_at, "
                             "id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const int at = BindWanted(pipeline, BindDefinition(pipeline, &insert), &insert);
    insert.bind(at + 1, pipeline.preview ? 1 : 0);
    insert.bind(at + 2, pipeline.updated_at);
    insert.bind(at + 3, pipeline.id);
    insert.bind(at + 4, pipeline.created_at);
    insert.exec();
    return Status::Ok();
  }));
  return pipeline;
}

Result<std::optional<PipelineRecord>> Pipelines::Find(const std::string& id) const {
  std::optional<PipelineRecord> found;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectPipelines) + " WHERE id = ?");
    select.bind(1, id);
    if (select.executeStep()) found = ReadPipeline(&select);
    return Status::Ok();
  }));
  return found;
}

Result<std::vector<PipelineRecord>> Pipelines::List(bool previews) const {
  std::vector<PipelineRecord> pipelines;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectPipelines) + " WHERE preview = ? ORDER BY created_at, id");
    select.bind(1, previews ? 1 : 0);
    while (select.executeStep()) pipelines.push_back(ReadPipeline(&select));
    return Status::Ok();
  }));
  return pipelines;
}

Status Pipelines::UpdateDefinition(PipelineRecord* pipeline) {
  pipeline->updated_at = clock_->WallMicros();
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement update(*database,
                             "UPDATE pipelines SET name = ?, query = ?, parallelism = ?, checkpoint_interval_micros = "
                             "?, restarts_per_hour = ?, memory_limit_bytes = ?, plan = ?, updated_at = ? WHERE id = "
                             "?");
    const int at = BindDefinition(*pipeline, &update);
    update.bind(at + 1, pipeline->updated_at);
    update.bind(at + 2, pipeline->id);
    update.exec();
    return Status::Ok();
  });
}

Status Pipelines::UpdateWanted(PipelineRecord* pipeline) {
  pipeline->updated_at = clock_->WallMicros();
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement update(*database,
                             "UPDATE pipelines SET runs = ?, stop = ?, fresh = ?, updated_at = ? WHERE id = ?");
    const int at = BindWanted(*pipeline, 0, &update);
    update.bind(at + 1, pipeline->updated_at);
    update.bind(at + 2, pipeline->id);
    update.exec();
    return Status::Ok();
  });
}

Status Pipelines::BeginAnew(const std::string& id) {
  return Run("UPDATE pipelines SET fresh = 1 WHERE id = ?", id);
}

Status Pipelines::HasBegun(const std::string& id, bool anew) {
  return Run(anew ? "UPDATE pipelines SET has_state = 1, fresh = 0 WHERE id = ?"
                  : "UPDATE pipelines SET has_state = 1 WHERE id = ?",
             id);
}

Status Pipelines::HasEnded(const std::string& id) {
  return Run("UPDATE pipelines SET runs = 0 WHERE id = ?", id);
}

Status Pipelines::Run(const char* statement, const std::string& id) {
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement update(*database, statement);
    update.bind(1, id);
    update.exec();
    return Status::Ok();
  });
}

Result<bool> Pipelines::Delete(const std::string& id) {
  bool was_there = false;
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    for (const char* const text : {"DELETE FROM job_errors WHERE job_id IN (SELECT id FROM jobs WHERE pipeline_id = ?)",
                                   "DELETE FROM jobs WHERE pipeline_id = ?", "DELETE FROM pipelines WHERE id = ?"}) {
      SQLite::Statement remove(*database, text);
      remove.bind(1, id);
      was_there = remove.exec() > 0;
    }
    return Status::Ok();
  }));
  return was_there;
}

}  // namespace laminar::server
