// Scripts: every text is compiled, or refused with problems that point into it.
#include <algorithm>
#include <memory>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "sql/compiler.h"
#include "sql/registry_for_test.h"

namespace laminar::sql {
namespace {

struct World {
  ManualClock clock;
  std::unique_ptr<DuckDatabase> database = DuckDatabase::Open(&clock, 512 << 20).value();
  std::unique_ptr<DuckSession> session = database->NewSession();
  std::unique_ptr<Registry> registry = MakeTestRegistry();
};

void CompileText(const std::string& text) {
  static World world;
  const CompileResult result = Compile({text, {{"name", "value"}}}, *world.registry, world.session.get());
  CHECK((result.script == nullptr) == !result.problems.empty());
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const Status& problem : result.problems) {
    CHECK(!problem.ok() && !problem.message().empty());
    CHECK_MSG(problem.kind() != StatusKind::kBug, problem.message().c_str());
    CHECK(problem.position().line <= lines);
    CHECK(!RenderProblem("fuzz.sql", text, problem).empty());
  }
}

}  // namespace
}  // namespace laminar::sql

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  laminar::sql::CompileText(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
