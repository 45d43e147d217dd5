// What has to be done so that a pipeline is as a file and options say.
#pragma once

#include <optional>
#include <string>

#include "client/api_client.h"

namespace laminar::client {

struct WantedPipeline {
  std::string name, query;
  Json settings = Json::object();  // those that are said: {"parallelism": 2}
};

struct PipelineChanges {
  Json patch = Json::object();  // what PATCH gets; empty: it is so already
  std::string what;             // for people: "query, checkpoint interval"
  bool runs_another = false;    // it runs, and what runs is not what is wanted, whether or not there is a patch
};

// pipeline: as GET /pipelines has it.
PipelineChanges ChangesOf(const Json& pipeline, const WantedPipeline& wanted);

// The element of {"data": [...]} with that name, by which ASCII's case does not tell pipelines apart; nullptr.
const Json* FindByName(const Json& list, const std::string& name);

}  // namespace laminar::client
