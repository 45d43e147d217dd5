#include "server/store/jobs.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <iterator>

#include "base/check.h"
#include "server/store/secrets.h"

namespace laminar::server {

namespace {

// By JobState.
constexpr std::string_view kStates[] = {"Created",    "Scheduling", "Running",  "Stopping",
                                        "Restarting", "Stopped",    "Finished", "Failed"};

constexpr char kSelectJobs[] =
    "SELECT id, pipeline_id, query, state, run, restarts, preview, created_at, started_at, finished_at, failure FROM "
    "jobs";

std::optional<int64_t> Optional(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional(column.getInt64());
}

JobState StateOf(std::string_view name) {
  for (size_t i = 0; i < std::size(kStates); i++) {
    if (kStates[i] == name) return static_cast<JobState>(i);
  }
  return JobState::kFailed;  // a newer Laminar's
}

JobRecord ReadJob(SQLite::Statement* row) {
  JobRecord job;
  job.id = row->getColumn(0).getString();
  job.pipeline_id = row->getColumn(1).getString();
  job.query = row->getColumn(2).getString();
  job.state = StateOf(row->getColumn(3).getString());
  job.run = row->getColumn(4).getInt64();
  job.restarts = row->getColumn(5).getInt64();
  job.preview = row->getColumn(6).getInt() != 0;
  job.created_at = row->getColumn(7).getInt64();
  job.started_at = Optional(row->getColumn(8));
  job.finished_at = Optional(row->getColumn(9));
  job.failure = row->getColumn(10).getString();
  return job;
}

void BindTime(int at, std::optional<int64_t> time, SQLite::Statement* statement) {
  if (time) {
    statement->bind(at, *time);
  } else {
    statement->bind(at);
  }
}

}  // namespace

std::string_view JobStateName(JobState state) {
  CHECK(static_cast<size_t>(state) < std::size(kStates));
  return kStates[static_cast<size_t>(state)];
}

Result<JobRecord> Jobs::Create(JobRecord job) {
  job.id = RandomId("job_");
  job.created_at = clock_->WallMicros();
  RETURN_IF_ERROR(metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement insert(*database,
                             "INSERT INTO jobs (id, pipeline_id, query, state, run, restarts, preview, created_at, "
                             "failure) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, job.id);
    insert.bind(2, job.pipeline_id);
    insert.bind(3, job.query);
    insert.bind(4, std::string(JobStateName(job.state)));
    insert.bind(5, job.run);
    insert.bind(6, job.restarts);
    insert.bind(7, job.preview ? 1 : 0);
    insert.bind(8, job.created_at);
    insert.bind(9, job.failure);
    insert.exec();
    constexpr char kOld[] =
        "(SELECT id FROM jobs WHERE pipeline_id = ?1 ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?2)";
    for (const char* const from : {"DELETE FROM job_errors WHERE job_id IN ", "DELETE FROM jobs WHERE id IN "}) {
      SQLite::Statement remove(*database, std::string(from) + kOld);
      remove.bind(1, job.pipeline_id);
      remove.bind(2, kKeptJobs);
      remove.exec();
    }
    return Status::Ok();
  }));
  return job;
}

Status Jobs::Update(const JobRecord& job) {
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement update(*database,
                             "UPDATE jobs SET state = ?, run = ?, restarts = ?, started_at = ?, finished_at = ?, "
                             "failure = ? WHERE id = ?");
    update.bind(1, std::string(JobStateName(job.state)));
    update.bind(2, job.run);
    update.bind(3, job.restarts);
    BindTime(4, job.started_at, &update);
    BindTime(5, job.finished_at, &update);
    update.bind(6, job.failure);
    update.bind(7, job.id);
    update.exec();
    return Status::Ok();
  });
}

Result<std::optional<JobRecord>> Jobs::Find(const std::string& id) const {
  std::optional<JobRecord> found;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectJobs) + " WHERE id = ?");
    select.bind(1, id);
    if (select.executeStep()) found = ReadJob(&select);
    return Status::Ok();
  }));
  return found;
}

Result<std::vector<JobRecord>> Jobs::List(const std::string& pipeline_id) const {
  std::vector<JobRecord> jobs;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, std::string(kSelectJobs) +
                                            (pipeline_id.empty() ? " WHERE preview = 0" : " WHERE pipeline_id = ?") +
                                            " ORDER BY created_at DESC, rowid DESC");
    if (!pipeline_id.empty()) select.bind(1, pipeline_id);
    while (select.executeStep()) jobs.push_back(ReadJob(&select));
    return Status::Ok();
  }));
  return jobs;
}

Result<std::vector<JobRecord>> Jobs::Newest() const {
  std::vector<JobRecord> jobs;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(
        *database, std::string(kSelectJobs) + " WHERE rowid IN (SELECT max(rowid) FROM jobs GROUP BY pipeline_id)");
    while (select.executeStep()) jobs.push_back(ReadJob(&select));
    return Status::Ok();
  }));
  return jobs;
}

Status Jobs::AddErrors(const std::string& job_id, const std::vector<JobError>& errors) {
  return metadata_->Write([&](SQLite::Database* database) {
    SQLite::Statement insert(*database, "INSERT INTO job_errors (job_id, at, details) VALUES (?, ?, ?)");
    for (const JobError& error : errors) {
      insert.bind(1, job_id);
      insert.bind(2, error.at);
      insert.bind(3, error.details);
      insert.exec();
      insert.reset();
    }
    SQLite::Statement remove(*database,
                             "DELETE FROM job_errors WHERE job_id = ?1 AND id NOT IN (SELECT id FROM job_errors WHERE "
                             "job_id = ?1 ORDER BY id DESC LIMIT ?2)");
    remove.bind(1, job_id);
    remove.bind(2, kKeptErrors);
    remove.exec();
    return Status::Ok();
  });
}

Result<std::vector<JobError>> Jobs::Errors(const std::string& job_id) const {
  std::vector<JobError> errors;
  RETURN_IF_ERROR(metadata_->Read([&](SQLite::Database* database) {
    SQLite::Statement select(*database, "SELECT id, at, details FROM job_errors WHERE job_id = ? ORDER BY id DESC");
    select.bind(1, job_id);
    while (select.executeStep()) {
      errors.push_back(
          {select.getColumn(0).getInt64(), select.getColumn(1).getInt64(), select.getColumn(2).getString()});
    }
    return Status::Ok();
  }));
  return errors;
}

}  // namespace laminar::server
