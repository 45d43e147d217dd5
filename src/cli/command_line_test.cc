#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>

#include "cli/completion.h"

namespace laminar::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string WrongNames(const std::vector<std::string>& arguments) {
  Action action;
  const Status status = CheckNames(*MakeCommandLine(&action), arguments);
  return status.ok() ? "" : status.message() + " | " + status.hint();
}

TEST(CommandLine, NamesTheNearestCommandAndOption) {
  EXPECT_EQ(WrongNames({"rnu", "a.sql"}), "unknown command 'rnu' | Did you mean 'laminar run'?");
  EXPECT_EQ(WrongNames({"frobnicate"}), "unknown command 'frobnicate' | laminar --help lists the commands");
  EXPECT_EQ(WrongNames({"run", "a.sql", "--paralelism", "4"}),
            "unknown option '--paralelism' of laminar run | Did you mean '--parallelism'?");
  EXPECT_EQ(WrongNames({"run", "a.sql", "--paralelism=4"}),
            "unknown option '--paralelism' of laminar run | Did you mean '--parallelism'?");
  EXPECT_EQ(WrongNames({"tail", "--zzzzzz"}),
            "unknown option '--zzzzzz' of laminar tail | laminar tail --help lists the options");
  EXPECT_EQ(WrongNames({"--verzion"}), "unknown option '--verzion' of laminar | Did you mean '--version'?");
  EXPECT_EQ(WrongNames({"run", "-p", "2", "--set", "a=b", "--quiet", "-"}), "");
  EXPECT_EQ(WrongNames({"--help"}), "");
  EXPECT_EQ(WrongNames({}), "");
}

TEST(CommandLine, OptionsOfTheServerStandBeforeACommandToo) {
  EXPECT_EQ(WrongNames({"--server", "http://x", "pipelines", "list"}), "");
  EXPECT_EQ(WrongNames({"--server=http://x", "--token-file", "list", "pipelines", "list", "--format", "json"}), "");
  EXPECT_EQ(WrongNames({"--server", "http://x", "pipelnes"}),
            "unknown command 'pipelnes' | Did you mean 'laminar pipelines'?");
  EXPECT_EQ(WrongNames({"pipelines", "lst"}), "unknown command 'lst' | Did you mean 'laminar pipelines list'?");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"pipelines", "list", "--token", "lmn_x"},
                                                    {"--token=lmn_x", "top"},
                                                    {"apply", "--token"}})
    EXPECT_THAT(WrongNames(arguments), AllOf(HasSubstr("every user of the machine can read it"), Not(HasSubstr("lmn_x"))));
  Action action;
  const auto app = MakeCommandLine(&action);
  app->parse("apply --wait a.sql --wait=5s b.sql");
  EXPECT_NE(action, nullptr);
  EXPECT_EQ(app->get_subcommand("apply")->get_option("FILE")->results(), (std::vector<std::string>{"a.sql", "b.sql"}));
}

TEST(CommandLine, EveryCommandHasHelpWithExamples) {
  Action action;
  const auto app = MakeCommandLine(&action);
  const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
  EXPECT_EQ(commands.size(), 21U);
  for (CLI::App* command : commands) {
    const std::string help = command->help();
    EXPECT_THAT(help, HasSubstr("Examples:\n  ")) << command->get_name();
    EXPECT_THAT(help, HasSubstr("laminar " + command->get_name())) << command->get_name();
  }
}

TEST(CommandLine, ParsingChoosesTheAction) {
  Action action;
  const auto app = MakeCommandLine(&action);
  EXPECT_THROW(app->parse("run"), CLI::RequiredError);
  EXPECT_THROW(app->parse("run a.sql --parallelism 0"), CLI::ValidationError);
  EXPECT_EQ(action, nullptr);
  app->parse("run a.sql --parallelism 3 --set x=1 --set y=2");
  EXPECT_NE(action, nullptr);
}

// A shell reads the script; bash also completes with it.
class Completion : public ::testing::Test {
 protected:
  static std::string Script(const std::string& shell) {
    Action action;
    return CompletionScript(*MakeCommandLine(&action), shell);
  }
  static std::string Output(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    CHECK(pipe != nullptr);
    std::string out;
    char buffer[4096];
    for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
    pclose(pipe);
    return out;
  }
  // What bash offers for the words of a command line, the last one unfinished.
  static std::string Complete(const std::string& words, int last) {
    const std::string path = ::testing::TempDir() + "laminar_completion.bash";
    std::ofstream(path) << Script("bash") << "COMP_WORDS=(" << words << ")\nCOMP_CWORD=" << last
                        << "\n_laminar\necho \"${COMPREPLY[*]}\"\n";
    return Output("bash " + path + " 2>&1");
  }
};

TEST_F(Completion, Bash) {
  if (std::system("command -v bash >/dev/null") != 0) GTEST_SKIP() << "no bash here";
  EXPECT_EQ(Complete("laminar che", 1), "check checkpoints\n");
  EXPECT_EQ(Complete("laminar run --par", 2), "--parallelism\n");
  EXPECT_EQ(Complete("laminar run --log-format ''", 3), "text json\n");
  EXPECT_EQ(Complete("laminar tail --offset e", 3), "earliest\n");
  EXPECT_EQ(Complete("laminar completion f", 2), "fish\n");
  EXPECT_EQ(Complete("laminar pipelines st", 2), "start stop\n");
  EXPECT_EQ(Complete("laminar pipelines stop x --mo", 4), "--mode\n");
  EXPECT_EQ(Complete("laminar pipelines stop --mode i", 4), "immediate\n");
  EXPECT_EQ(Complete("laminar --server http://x:1 jobs ch", 4), "checkpoints\n");
  EXPECT_EQ(Complete("laminar token c", 2), "create\n");
  EXPECT_EQ(Complete("laminar --ser", 1), "--server\n");
}

TEST_F(Completion, EveryShellKnowsEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    for (const char* command :
         {"run", "check", "explain", "connectors", "tail", "put", "completion", "pipelines", "apply", "backup"}) {
      EXPECT_THAT(Script(shell), HasSubstr(command)) << shell;
    }
    EXPECT_THAT(Script(shell), HasSubstr("until-caught-up")) << shell;
    EXPECT_THAT(Script(shell), HasSubstr("accept-duplicates")) << shell << ": of a command within a command";
  }
}

}  // namespace
}  // namespace laminar::cli
