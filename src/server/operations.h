// The operations of the REST API, and the schemas of what they take and give.
#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connectors/registry.h"
#include "duck/database.h"
#include "metrics/prometheus_text.h"
#include "server/api/operation.h"
#include "server/jobs/pipeline_locks.h"
#include "server/jobs/supervisor.h"
#include "server/store/audit.h"
#include "server/store/jobs.h"
#include "server/store/pipelines.h"
#include "sql/compiler.h"
#include "state/blob_store.h"

namespace laminar::server {

// What operations work on. All borrowed, outlive them.
struct Resources {
  const Clock* clock = nullptr;
  const Registry* registry = nullptr;
  DuckDatabase* duck = nullptr;
  Audit* audit = nullptr;
  sql::FindTables find_tables;  // those that scripts may name
  Pipelines* pipelines = nullptr;
  Jobs* jobs = nullptr;
  Supervisor* supervisor = nullptr;
  PipelineLocks* changes = nullptr;  // held while a pipeline is changed
  // Held, shared, from when a query is compiled until the pipeline that has it is kept; by who deletes a table, alone.
  std::shared_mutex* tables_in_use = nullptr;
  int64_t process_limit_bytes = 0, pipeline_limit_bytes = 0;  // of memory: of all pipelines, of one that says nothing
  // The state of a pipeline, which may be running; nullptr: it has none yet.
  std::function<Result<std::unique_ptr<BlobStore>>(const std::string& pipeline_id)> read_state;
};

// Those that describe the server: /ping, /audit, /healthz, /readyz.
void AddServerOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas);
void AddPipelineOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas);
void AddJobOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas);
void AddQueryOperations(const Resources& resources, std::vector<Operation>* operations, Schemas* schemas);
// /metrics. http: adds what the server itself counts.
void AddMetricsOperation(const Resources& resources, const std::string& version,
                         std::function<void(ServerFigures*)> http, std::vector<Operation>* operations);

// Names of the pipelines whose query has the table.
Result<std::vector<std::string>> PipelinesOfTable(const Pipelines& pipelines, std::string table);

// A job as clients get it. name: of its pipeline.
json JobToJson(const JobRecord& job, const std::string& name);

}  // namespace laminar::server
