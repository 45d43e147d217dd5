#include "cli/client/pipeline_settings.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/clock.h"
#include "base/units.h"
#include "sql/compiler.h"

namespace laminar::cli {

namespace {

// What the API takes: checked here, in words and units of the command line.
constexpr int64_t kLeastIntervalMillis = 100, kMostIntervalMillis = 86'400'000;
constexpr int64_t kLeastMemoryBytes = int64_t{128} << 20, kMostMemoryBytes = int64_t{1} << 50;

}  // namespace

void PipelineSettings::AddTo(CLI::App* command) {
  command->add_option("-p,--parallelism", parallelism, "Workers (default of a new one: 1)")
      ->option_text("N")
      ->check(CLI::Range(1, 256));
  command
      ->add_option("--checkpoint-interval", checkpoint_interval, "Time between checkpoints (default of a new one: 10s)")
      ->option_text("TIME");
  command
      ->add_option("--restarts", restarts,
                   "How often in an hour it is started again after a failure (default of a new one: 10)")
      ->option_text("N")
      ->check(CLI::Range(0, 1'000'000));
  command->add_option("--memory-limit", memory_limit, "What it may hold in memory (default: the server's)")
      ->option_text("SIZE");
}

Result<client::Json> PipelineSettings::Members() const {
  client::Json members = client::Json::object();
  if (parallelism > 0) members["parallelism"] = parallelism;
  if (!checkpoint_interval.empty()) {
    const Result<int64_t> millis = ParseMillis(checkpoint_interval);
    if (!millis.ok())
      return Status::User("--checkpoint-interval " + checkpoint_interval + " is not a length of time",
                          "Write 10s, 500ms, 5min");
    if (*millis < kLeastIntervalMillis || *millis > kMostIntervalMillis)
      return Status::User("--checkpoint-interval " + checkpoint_interval + " is not between 100 ms and 24 hours",
                          "Write 10s, 500ms, 5min; a number alone is milliseconds");
    members["checkpoint_interval_micros"] = *millis * kMicrosPerMilli;
  }
  if (restarts >= 0) members["restarts_per_hour"] = restarts;
  if (!memory_limit.empty()) {
    const Result<int64_t> bytes = ParseBytes(memory_limit);
    if (!bytes.ok()) return Status::User("--memory-limit " + memory_limit + " is not a size", "Write 512MiB, 2GiB");
    if (*bytes < kLeastMemoryBytes || *bytes > kMostMemoryBytes)
      return Status::User("--memory-limit " + memory_limit + " is not between 128 MiB and 1024 TiB",
                          "Write 512MiB, 2GiB; a number alone is bytes");
    members["memory_limit_bytes"] = *bytes;
  }
  return members;
}

void WaitArguments::AddTo(CLI::App* command, const std::string& help) {
  command->add_flag("--wait{60s}", time, help + ", for so long at most (default: 60s)")->option_text("[=TIME]");
}

Result<int64_t> WaitArguments::Millis() const {
  const Result<int64_t> millis = ParseMillis(time);
  if (!millis.ok() || *millis <= 0)
    return Status::User("--wait=" + time + " is not a length of time above zero", "--wait=30s");
  return *millis;
}

Result<PipelineFile> ReadPipelineFile(const std::string& file) {
  const Result<Script> read = ReadScript({file, {}});
  if (!read.ok()) {
    // `--wait 5s`: the time stands behind '=', as --wait alone is right, too.
    const bool is_time = ParseMillis(file).ok();
    return is_time ? Status::User(read.status().message(), "To wait for so long, write --wait=" + file) : read.status();
  }
  const Script& script = *read;
  PipelineFile out{script.name, script.text, sql::PipelineNameOf(script.text)};
  if (out.name.empty() && file != "-") out.name = std::filesystem::path(file).stem().string();
  return out;
}

}  // namespace laminar::cli
