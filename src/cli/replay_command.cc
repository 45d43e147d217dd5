#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/log.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/dead_letter_check.h"
#include "cli/dead_letter_format.h"
#include "cli/errors.h"
#include "cli/letter_file_encoder.h"
#include "cli/pipeline_run.h"
#include "cli/record_format.h"
#include "cli/stream_pipe.h"

namespace laminar::cli {

namespace {

struct ReplayArguments {
  std::string from, into;
  StreamArguments stream;
  RunArguments run;
};

class LettersAsRecords final : public Format {
 public:
  LettersAsRecords(std::string into, ReplayCounts* counts) : into_(std::move(into)), counts_(counts) {}
  Result<std::unique_ptr<Decoder>> MakeDecoder(const Schema&, const OptionValues&) const override {
    return MakeDeadLetterDecoder(counts_);
  }
  Result<std::unique_ptr<Encoder>> MakeEncoder(const Schema&, const OptionValues&) const override {
    return NamesFile(into_) ? MakeLetterFileEncoder(into_, counts_) : MakeRecordEncoder();
  }

 private:
  const std::string into_;
  ReplayCounts* const counts_;
};

PipeEnd StreamEnd(const ReplayArguments& arguments, const std::string& stream, const Format* format) {
  StreamArguments named = arguments.stream;
  named.stream = stream;
  return {"kinesis", named.Options(), format};
}

// What is no letter is left out and counted: of a file, only if somebody has changed it after the check.
PipeEnd From(const ReplayArguments& arguments, const Format* format) {
  if (NamesFile(arguments.from)) return {"single_file", {{"path", arguments.from}, {"bad_data", "drop"}}, format};
  PipeEnd end = StreamEnd(arguments, arguments.from, format);
  end.options.emplace_back("source.offset", "earliest");
  end.options.emplace_back("bad_data", "drop");
  return end;
}

PipeEnd Into(const ReplayArguments& arguments, const Format* format) {
  if (NamesFile(arguments.into)) return {"single_file", {{"path", arguments.into}, {"append", "true"}}, format};
  PipeEnd end = StreamEnd(arguments, arguments.into, format);
  end.options.emplace_back("sink.partition_key", "partition_key");
  return end;
}

std::string Describe(const std::string& name) {
  return (NamesFile(name) ? "file " : "stream ") + name;
}

// What a count is of, where it is one and where it is another number.
struct Counted {
  std::string one, many;
};

// As PipelineRun has its own counts: a line of the log for machines, a sentence for people.
void SayWhatBecameOfThem(const ReplayCounts& counts, uint64_t put_back, bool failed, bool json) {
  const auto say = [&](uint64_t count, std::string_view key, const Counted& what, bool important) {
    if (count == 0) return;
    const LogField field = {key, std::to_string(count), true};
    if (json) return important ? LogWarning(what.many, {field}) : LogInfo(what.many, {field});
    std::fprintf(stderr, "laminar: %s %s\n", FormatCount(count).c_str(), (count == 1 ? what.one : what.many).c_str());
  };
  say(counts.without_data, "letters",
      {"letter holds a row and not the record that it came from: it was left out",
       "letters hold a row and not the record that it came from: they were left out"},
      true);
  say(counts.again, "letters",
      {"letter is of a record that another one holds: each record is put back once",
       "letters are of records that another one holds: each record is put back once"},
      false);
  say(counts.incomplete, "records",
      {"record is not whole, as some of its letters are missing: it was left out",
       "records are not whole, as some of their letters are missing: they were left out"},
      true);
  say(counts.damaged, "records",
      {"record cannot be decompressed, and a file with it could not be read: it was left out; a stream takes it",
       "records cannot be decompressed, and a file with them could not be read: they were left out; a stream takes "
       "them"},
      true);
  say(counts.no_letters, "records",
      {"line or record is no dead letter: it was left out, and a warning names it",
       "lines or records are no dead letters: they were left out, and a warning names the first ones"},
      true);
  if (failed && put_back == 0) {
    if (json) return LogWarning("nothing was put back");
    std::fputs("laminar: nothing was put back\n", stderr);
  }
  const std::string before = " before it failed: another replay puts ";
  if (!failed && put_back + counts.without_data + counts.again + counts.incomplete + counts.damaged == 0) {
    if (json) return LogInfo("there was nothing to put back");
    std::fputs("laminar: there was nothing to put back\n", stderr);
  }
  say(put_back, "records",
      failed ? Counted{"record was put back" + before + "it back once more",
                       "records were put back" + before + "them back once more"}
             : Counted{"record was put back", "records were put back"},
      failed);
}

int Replay(const ReplayArguments& arguments) {
  arguments.run.Apply();
  std::error_code error;
  const bool is_same =
      arguments.into == arguments.from || (NamesFile(arguments.into) && NamesFile(arguments.from) &&
                                           std::filesystem::equivalent(arguments.into, arguments.from, error));
  if (arguments.into == "-" || is_same) {
    return WrongInput(Status::User("--into '" + arguments.into + "' is " +
                                       (arguments.into == "-" ? "no place to put records" : "where the letters are"),
                                   "Name the stream or the file that the records came from"));
  }
  if (NamesFile(arguments.into) && arguments.into.find('/') == std::string::npos) {
    return WrongInput(Status::User(
        "--into " + arguments.into + " may be a stream, and is a file here",
        "Write ./" + arguments.into + " for the file; for the stream its ARN, or start from another folder"));
  }
  const auto memory = arguments.run.MemoryLimit();
  if (!memory.ok()) return WrongInput(memory.status());
  PipelineRun run(arguments.run);
  ReplayCounts counts;
  const LettersAsRecords format(arguments.into, &counts);
  const auto world = World::Make(*memory);
  if (!world.ok()) {
    PrintError(world.status());
    return kFailed;
  }
  const auto pipe = MakePipe((*world)->registry(), From(arguments, &format), Into(arguments, &format), ReplaySchema());
  if (!pipe.ok()) return WrongInput(pipe.status());
  if (NamesFile(arguments.from)) {
    if (const Status status = CheckLetters(arguments.from); !status.ok()) {
      PrintError(status);
      return kFailed;
    }
  }
  // A file in which nothing is put back is not left there. A link is somebody's, even where it leads nowhere.
  const bool was_there =
      !NamesFile(arguments.into) || std::filesystem::exists(std::filesystem::symlink_status(arguments.into, error));
  LogInfo("putting records back", {{"from", Describe(arguments.from)}, {"into", Describe(arguments.into)}});
  PipelineOptions pipeline;
  pipeline.memory_limit_bytes = *memory;
  pipeline.until_caught_up = true;
  const int code = run.Run({arguments.from, "", {}}, **pipe, pipeline, world->get(), /*shows_progress=*/true);
  if (code != kDone) HintAtFile(arguments.from);
  if (!was_there && std::filesystem::file_size(arguments.into, error) == 0 && !error)
    std::filesystem::remove(arguments.into, error);
  SayWhatBecameOfThem(counts, run.rows_written() - std::min<uint64_t>(run.rows_written(), counts.damaged),
                      code != kDone, arguments.run.log_format == "json");
  return code == kDone && counts.incomplete + counts.no_letters + counts.damaged > 0 ? kFailed : code;
}

}  // namespace

void AddReplay(CLI::App* app, Action* action) {
  auto arguments = std::make_shared<ReplayArguments>();  // shared: with the callback, which lives in the app
  CLI::App* command =
      app->add_subcommand("replay", "Put the records that dead letters hold back into a stream or a file");
  command->add_option("DEAD_LETTERS", arguments->from, "The file (a name with a slash, or one that is there) or stream")
      ->required()
      ->option_text("");
  command->add_option("--into", arguments->into, "The stream, or the file (a name with a slash), to add them to")
      ->required()
      ->option_text("STREAM|FILE");
  arguments->stream.AddConnectionTo(command);
  arguments->run.AddTo(command);
  command->footer(
      "Records get their old partition keys. A letter that stands there twice, as may be after a crash, is put back "
      "once. A file is checked first: with a line that is no letter in it nothing is put back. What is none in a "
      "stream is left out and counted, and the exit code is 1. The letters stay where they are: remove them when they "
      "are "
      "back.\n\n"
      "Examples:\n"
      "  laminar replay ./orders-bad.jsonl --into orders\n"
      "  laminar replay orders-bad --into orders --region us-east-1 --endpoint http://127.0.0.1:4567");
  command->callback([arguments, action] { *action = [arguments] { return Replay(*arguments); }; });
}

}  // namespace laminar::cli
