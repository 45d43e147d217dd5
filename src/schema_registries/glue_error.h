// What an answer of AWS Glue says: the object that was asked for, or why there is none.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "aws/http_client.h"
#include "base/status.h"
#include "schema_registries/registry_client.h"

namespace laminar {

// What a message names.
struct GlueCall {
  std::string registry;   // "the AWS Glue schema registry orders in eu-west-1 (https://...)"
  std::string operation;  // "GetSchemaVersion"
  std::string what;       // that was asked for: "schema id 9fc3..."
  std::string region;
};

struct GlueAnswer {
  RegistryOutcome outcome = RegistryOutcome::kDone;
  nlohmann::json body;      // of kDone: an object
  Status problem;           // else
  bool is_clock = false;    // the time of the request was refused
  bool is_expired = false;  // the session token has expired
};

GlueAnswer ReadGlueAnswer(const aws::HttpReply& reply, const GlueCall& call);

// What answers is not Glue.
Status NoGlue(const std::string& registry, const std::string& why);

}  // namespace laminar
