// The commands of the program. Each adds itself to the command line - options, help, examples - and sets `action` to
// what it does when it was chosen; the action returns the exit code.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace laminar::cli {

using Action = std::function<int()>;

constexpr int kDone = 0;
constexpr int kFailed = 1;      // while running
constexpr int kWrongInput = 2;  // a script, an option, an argument

// Of the help: commands that ask a server. Only they take its address and its token.
constexpr const char* kServerGroup = "With a server";

void AddRun(CLI::App* app, Action* action);
void AddCheck(CLI::App* app, Action* action);
void AddExplain(CLI::App* app, Action* action);
void AddCheckpoints(CLI::App* app, Action* action);
void AddConnectors(CLI::App* app, Action* action);
void AddTail(CLI::App* app, Action* action);
void AddPut(CLI::App* app, Action* action);
void AddInfer(CLI::App* app, Action* action);
void AddReplay(CLI::App* app, Action* action);
void AddServe(CLI::App* app, Action* action);
void AddToken(CLI::App* app, Action* action);
void AddBackup(CLI::App* app, Action* action);
void AddPipelines(CLI::App* app, Action* action);
void AddTables(CLI::App* app, Action* action);
void AddJobs(CLI::App* app, Action* action);
void AddProfiles(CLI::App* app, Action* action);
void AddApply(CLI::App* app, Action* action);
void AddLogs(CLI::App* app, Action* action);
void AddTop(CLI::App* app, Action* action);
void AddHealth(CLI::App* app, Action* action);
void AddCompletion(CLI::App* app, Action* action);

}  // namespace laminar::cli
