#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/pipeline_run.h"
#include "cli/record_sample.h"
#include "cli/stream_pipe.h"
#include "duck/memory_files.h"
#include "infer/inferred_table.h"
#include "infer/statement.h"

namespace laminar::cli {

namespace {

struct InferArguments {
  std::string from;
  StreamArguments stream;
  RunArguments run;
  std::string offset = "earliest", bad_data = "fail", format, table;
  uint64_t records = 1000;
};

infer::StatementParts Parts(const InferArguments& arguments, size_t records) {
  infer::StatementParts parts;
  const bool is_file = NamesFile(arguments.from);
  parts.table = arguments.table.empty() ? infer::TableNameOf(arguments.from, is_file) : arguments.table;
  if (is_file) {
    parts.heading = "file " + arguments.from;
    parts.where = {{"connector", "single_file"}, {"path", arguments.from}};
  } else {
    parts.heading = FormatCount(records) + (records == 1 ? " record" : " records") + " of stream " + arguments.from;
    parts.where = {{"connector", "kinesis"}};
    for (auto& option : arguments.stream.Options()) parts.where.push_back(std::move(option));
    parts.where.emplace_back("source.offset", arguments.offset);
  }
  parts.where.emplace_back("type", "source");
  return parts;
}

int Infer(InferArguments arguments) {
  arguments.run.Apply();
  const auto memory = arguments.run.MemoryLimit();
  if (!memory.ok()) return WrongInput(memory.status());
  PipelineRun run(arguments.run);
  run.WorksOnAfterRun("stopping: the table is made of the records that have come; once more stops at once");
  const auto world = World::Make(*memory);
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  arguments.stream.stream = arguments.from;
  const bool is_file = NamesFile(arguments.from);
  int code = kDone;
  const auto sampled = is_file ? SampleFile(arguments.from)
                               : SampleStream(arguments.stream, {arguments.offset == "latest", arguments.records},
                                              *memory, &run, world->get(), &code);
  if (!sampled.ok() && sampled.status().kind() == StatusKind::kUser) return WrongInput(sampled.status());
  if (!sampled.ok()) {
    PrintError(sampled.status());
    return kFailed;
  }
  if (*sampled == nullptr) {
    if (code != kDone) HintAtFile(arguments.from);
    return code;
  }
  infer::Sample sample = (*sampled)->sample();
  if (is_file) sample.most_rows = arguments.records;
  const auto files = MemoryFiles::Open(*memory / 2);
  const auto table = files.ok() ? infer::InferTable((*world)->registry(), files->get(), sample,
                                                    {arguments.format, arguments.bad_data == "drop"})
                                : Result<infer::InferredTable>(files.status());
  if (!table.ok()) {
    PrintError(table.status());
    return kFailed;
  }
  std::fputs(infer::CreateTable(*table, Parts(arguments, sample.records.size())).c_str(), stdout);
  return kDone;
}

}  // namespace

void AddInfer(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<InferArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command =
      app->add_subcommand("infer", "Print a CREATE TABLE for the records of a stream or a file, by a sample of them");
  command
      ->add_option("STREAM|FILE", arguments->from,
                   "The stream's name or ARN, or the file (a name with a slash, or one that is there)")
      ->required()
      ->option_text("");
  command
      ->add_option("-n,--records", arguments->records,
                   "How many records of a stream, or rows of a file, are looked at (default: 1000)")
      ->option_text("N")
      ->check(CLI::Range(1, 10'000'000));
  command->add_option("--format", arguments->format, "What the records are (default: told by how they begin)")
      ->option_text("json|csv|parquet|avro")
      ->check(CLI::IsMember({"json", "csv", "parquet", "avro"}));
  command->add_option("--table", arguments->table, "The table's name (default: made from the stream's or the file's)")
      ->option_text("NAME");
  command
      ->add_option("--offset", arguments->offset,
                   "Which records of a stream: the oldest, or those put from now on (default: earliest)")
      ->option_text("latest|earliest")
      ->check(CLI::IsMember({"latest", "earliest"}));
  command
      ->add_option("--bad-data", arguments->bad_data,
                   "A row that cannot be read: stop and name it, or count it and leave it out (default: fail)")
      ->option_text("fail|drop")
      ->check(CLI::IsMember({"fail", "drop"}));
  arguments->stream.AddConnectionTo(command);
  arguments->run.AddTo(command);
  command->footer(
      "Reads JSON, CSV, Parquet and containers of Avro; JSON and CSV also within gzip and zstd. Every row that was "
      "looked at can be read with the types that are printed, but for those that a comment counts: look them over, "
      "later rows may differ. To run it, add a query.\n\n"
      "Examples:\n"
      "  laminar infer orders > orders.sql\n"
      "  laminar infer ./orders.csv --table orders --records 100000\n"
      "  laminar infer orders --region us-east-1 --endpoint http://127.0.0.1:4567");
  command->callback([arguments, action] { *action = [arguments] { return Infer(*arguments); }; });
}

}  // namespace laminar::cli
