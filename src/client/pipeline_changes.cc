#include "client/pipeline_changes.h"

#include <algorithm>
#include <cctype>

#include "client/pipeline_text.h"

namespace laminar::client {

namespace {

bool EqualButCase(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return (x < 0x80 ? std::tolower(x) : x) == (y < 0x80 ? std::tolower(y) : y);
  });
}

// What people call a member of the API: as the option that sets it.
std::string NameForPeople(const std::string& member) {
  if (member == "checkpoint_interval_micros") return "checkpoint interval";
  if (member == "restarts_per_hour") return "restarts";
  return member == "memory_limit_bytes" ? "memory limit" : member;
}

}  // namespace

PipelineChanges ChangesOf(const Json& pipeline, const WantedPipeline& wanted) {
  PipelineChanges changes;
  const auto change = [&](const std::string& name, const Json& value) {
    changes.patch[name] = value;
    changes.what += (changes.what.empty() ? "" : ", ") + NameForPeople(name);
  };
  if (TextOf(pipeline, "query") != wanted.query) change("query", wanted.query);
  for (const auto& [name, value] : wanted.settings.items()) {
    if (pipeline.value(name, Json()) != value) change(name, value);
  }
  changes.runs_another =
      IsRunning(pipeline) && (!changes.patch.empty() || TextOf(pipeline, "running_query") != wanted.query);
  return changes;
}

const Json* FindByName(const Json& list, const std::string& name) {
  const Json* nearly = nullptr;
  for (const Json& each : list.at("data")) {
    const std::string its = TextOf(each, "name");
    if (its == name) return &each;
    if (nearly == nullptr && EqualButCase(its, name)) nearly = &each;
  }
  return nearly;
}

}  // namespace laminar::client
