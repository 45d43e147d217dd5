#include "stream/over/make_engine.h"

#include "base/check.h"
#include "stream/over/frame.h"

namespace laminar {

std::unique_ptr<OverEngine> MakeOverEngine(const OverFunction& function, const Schema& input) {
  if (function.aggregate.empty()) {
    if (auto engine = MakeRankEngine(function)) return engine;
    auto engine = MakeValueEngine(function, input);
    CHECK_MSG(engine != nullptr, function.name.c_str());
    return engine;
  }
  if (auto engine = MakeCountEngine(function, input)) return engine;
  if (auto engine = MakeSumEngine(function, input)) return engine;
  if (auto engine = MakeGrowingEngine(function, input)) return engine;
  if (auto engine = MakeExtremeEngine(function, input)) return engine;
  if (auto engine = MakeTextExtremeEngine(function, input)) return engine;
  if (auto engine = MakeCountDistinctEngine(function, input)) return engine;
  return MakeGenericEngine(function, input);
}

int64_t ReachOf(const OverFunction& function) {
  // Numbers and earlier rows of the partition, whatever the frame is.
  for (const char* name : {"row_number", "rank", "dense_rank", "lag"}) {
    if (function.aggregate.empty() && function.name == name) return FrameBounds::kForever;
  }
  return FrameBounds(function.frame).reach();
}

}  // namespace laminar
