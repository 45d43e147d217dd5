#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/pipeline_run.h"
#include "cli/record_format.h"
#include "cli/stream_pipe.h"

namespace laminar::cli {

namespace {

struct PutArguments {
  StreamArguments stream;
  RunArguments run;
};

class LinesAsRecords final : public Format {
 public:
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return MakeRecordDecoder(RecordKind::kLines);
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return MakeRecordEncoder();
  }
};

int Put(const PutArguments& arguments) {
  arguments.run.Apply();
  const auto memory = arguments.run.MemoryLimit();
  if (!memory.ok()) return WrongInput(memory.status());
  PipelineRun run(arguments.run);
  const LinesAsRecords format;
  const auto world = World::Make(*memory);
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  auto options = arguments.stream.Options();
  options.emplace_back("sink.batch_flush_interval_millis", "100");  // somebody types, or watches
  const auto pipe = MakePipe((*world)->registry(), {"single_file", {{"path", "-"}}, &format},
                             {"kinesis", std::move(options), &format});
  if (!pipe.ok()) return WrongInput(pipe.status());
  PipelineOptions pipeline;
  pipeline.memory_limit_bytes = *memory;
  return run.Run({"<stdin>", "", {}}, **pipe, pipeline, world->get(), /*shows_progress=*/true);
}

}  // namespace

void AddPut(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<PutArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("put", "Put the lines of the standard input into a stream, a record each");
  arguments->stream.AddTo(command);
  arguments->run.AddTo(command);
  command->footer(
      "Empty lines are left out. Lines are sent in batches, under random partition keys; what the service refuses is "
      "sent again.\n\n"
      "Examples:\n"
      "  laminar put orders < orders.jsonl\n"
      "  echo '{\"id\": 1}' | laminar put orders --region us-east-1 --endpoint http://127.0.0.1:4567");
  command->callback([arguments, action] { *action = [arguments] { return Put(*arguments); }; });
}

}  // namespace laminar::cli
