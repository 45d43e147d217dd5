#include <CLI/CLI.hpp>
#include <cstdint>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/pipeline_run.h"
#include "cli/record_format.h"
#include "cli/record_text.h"
#include "cli/stream_pipe.h"

namespace laminar::cli {

namespace {

struct TailArguments {
  StreamArguments stream;
  RunArguments run;
  std::string offset = "latest", format = "text";
  uint64_t count = 0;
  bool until_caught_up = false;
};

// Prints up to `count` records (0: all), then asks to stop.
class TailEncoder final : public Encoder {
 public:
  TailEncoder(bool json, uint64_t count, std::function<void()> on_enough)
      : json_(json), count_(count), on_enough_(std::move(on_enough)) {}

  Status Encode(const Batch& batch, EncodedRows* out) override {
    ForEachRecord(batch, [&](size_t row, std::string_view data) {
      if (count_ > 0 && printed_ == count_) return;
      if (json_) {
        const RowPosition position = batch.origins ? batch.origins->Position(batch.OriginRow(row)) : RowPosition();
        out->bytes += RecordAsJson(position, data);
      } else {
        out->bytes += RecordAsText(data);
      }
      if (out->newlines) out->bytes.push_back('\n');
      out->ends.push_back(out->bytes.size());
      if (++printed_ == count_) on_enough_();
    });
    return Status::Ok();
  }

 private:
  const bool json_;
  const uint64_t count_;
  const std::function<void()> on_enough_;
  uint64_t printed_ = 0;
};

class TailFormat final : public Format {
 public:
  TailFormat(const TailArguments& arguments, std::function<void()> on_enough)
      : arguments_(arguments), on_enough_(std::move(on_enough)) {}
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return MakeRecordDecoder(RecordKind::kWhole);
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return std::unique_ptr<Encoder>(
        std::make_unique<TailEncoder>(arguments_.format == "json", arguments_.count, on_enough_));
  }

 private:
  const TailArguments& arguments_;
  const std::function<void()> on_enough_;
};

int Tail(const TailArguments& arguments) {
  arguments.run.Apply();
  const auto memory = arguments.run.MemoryLimit();
  if (!memory.ok()) return WrongInput(memory.status());
  PipelineRun run(arguments.run);
  const TailFormat format(arguments, [&run] { run.Stop(); });
  const auto world = World::Make(*memory);
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  auto options = arguments.stream.Options();
  options.emplace_back("source.offset", arguments.offset);
  const auto pipe = MakePipe((*world)->registry(), {"kinesis", std::move(options), &format}, {"stdout", {}, &format});
  if (!pipe.ok()) return WrongInput(pipe.status());
  PipelineOptions pipeline;
  pipeline.memory_limit_bytes = *memory;
  pipeline.until_caught_up = arguments.until_caught_up;
  return run.Run({arguments.stream.stream, "", {}}, **pipe, pipeline, world->get(), /*shows_progress=*/false);
}

}  // namespace

void AddTail(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<TailArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command = app->add_subcommand("tail", "Print the records of a stream, one a line");
  arguments->stream.AddTo(command);
  command
      ->add_option("--offset", arguments->offset,
                   "Where to begin: with records put from now on, or with the oldest (default: latest)")
      ->option_text("latest|earliest")
      ->check(CLI::IsMember({"latest", "earliest"}));
  command->add_option("-n,--count", arguments->count, "Stop after so many records")
      ->option_text("N")
      ->check(CLI::Range(1, INT32_MAX));
  command->add_flag("--until-caught-up", arguments->until_caught_up,
                    "Stop at the end that the stream has at the start");
  command
      ->add_option("--format", arguments->format,
                   "text: the data; json: with shard, sequence number, partition key and arrival time")
      ->option_text("text|json")
      ->check(CLI::IsMember({"text", "json"}));
  arguments->run.AddTo(command);
  command->footer(
      "Text escapes line breaks and control characters. JSON gives data that is not UTF-8 as data_base64.\n\n"
      "Examples:\n"
      "  laminar tail orders\n"
      "  laminar tail orders --offset earliest --until-caught-up --quiet | head\n"
      "  laminar tail orders --format json --count 10 --region us-east-1 --endpoint http://127.0.0.1:4567");
  command->callback([arguments, action] { *action = [arguments] { return Tail(*arguments); }; });
}

}  // namespace laminar::cli
