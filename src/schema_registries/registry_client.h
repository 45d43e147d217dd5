// One attempt to ask a schema registry something. What is tried again, and when, is CachedRegistry's business.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "formats/schema_registry.h"

namespace laminar {

enum class RegistryOutcome {
  kDone,
  kMissing,   // the registry works, and has no such schema or subject
  kRefused,   // it does not let us in, or does not take the schema: asking again does not help
  kTryAgain,  // it is not there, is overloaded, or what answers is no registry (yet)
};

struct RegistryAnswer {
  RegistryOutcome outcome = RegistryOutcome::kDone;
  RegisteredSchema schema;  // of kDone
  Status problem;           // else: what to tell the user
};

// Thread-safe. Calls block until there is an answer, or none in time.
class RegistryClient {
 public:
  virtual ~RegistryClient() = default;
  // id: as in RegisteredSchema.
  virtual RegistryAnswer Fetch(std::string_view id) = 0;
  virtual RegistryAnswer Latest(const std::string& subject) = 0;
  virtual RegistryAnswer LookUp(const std::string& subject, const std::string& type, const std::string& text) = 0;
  virtual RegistryAnswer Register(const std::string& subject, const std::string& type, const std::string& text) = 0;
  // "https://schemas.example.com"
  virtual std::string Describe() const = 0;
  // Calls under way and later ones end soon, with kTryAgain.
  virtual void Cancel() = 0;
};

}  // namespace laminar
