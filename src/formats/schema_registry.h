// Schema registries: services that keep the schemas of records, which say by an id in front of each (schema_header.h)
// which one they were written with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/waker.h"
#include "formats/schema_header.h"

namespace laminar {

// A schema that others use by its name.
struct SchemaReference {
  std::string name, text;
};

struct RegisteredSchema {
  std::string id;    // its bytes, as they stand in the header of a record
  std::string type;  // "AVRO", "JSON", "PROTOBUF"
  std::string text;
  std::vector<SchemaReference> references;  // all that it needs, those of its references too
};
using RegisteredSchemaRef = std::shared_ptr<const RegisteredSchema>;  // shared: by the registry and decoders; immutable

// By whom a decoder is told that a schema has come. Thread-safe.
class SchemaWaiter {
 public:
  // nullptr: nobody is woken any more. Borrowed until then.
  void Bind(Waker* waker) {
    std::lock_guard lock(mutex_);
    waker_ = waker;
  }
  void Wake() {
    std::lock_guard lock(mutex_);
    if (waker_ != nullptr) waker_->Wake();
  }

 private:
  std::mutex mutex_;
  Waker* waker_ = nullptr;  // guarded by mutex_
};
using SchemaWaiterRef = std::shared_ptr<SchemaWaiter>;  // shared: by a decoder and the registry that it waits for

// What is known of an id.
struct SchemaFound {
  RegisteredSchemaRef schema;  // nullptr: it is not here; then
  std::string missing;         // why the registry has none; "": it is being fetched
};

// One registry. Thread-safe.
class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;

  // Never blocks. A schema that is not here is fetched in the background, for as long as that takes, and the waiter is
  // woken when it is worth asking again. Error: the registry refuses us, and has not given a single schema yet.
  virtual Result<SchemaFound> Find(std::string_view id, const SchemaWaiterRef& waiter) = 0;

  // These two block, for as long as SchemaRegistryOptions::start_timeout_ms; not for workers. What they gave once they
  // give again without asking. subject: of AWS Glue, the name of the schema in its registry.
  //
  // The newest schema of the subject. Error with the code kNoSuchSubject: there is none.
  virtual Result<RegisteredSchemaRef> Latest(const std::string& subject) = 0;
  // The schema of that text under the subject. registers: it is put there if it is not there, where the registry finds
  // it compatible with those before.
  virtual Result<RegisteredSchemaRef> Enter(const std::string& subject, const std::string& type,
                                            const std::string& text, bool registers) = 0;
  // What Enter gave for that subject and text, or, for the text "", Latest; nullptr: nothing yet. Never blocks.
  virtual RegisteredSchemaRef Known(const std::string& subject, const std::string& text) const = 0;
};

constexpr char kNoSuchSubject[] = "NoSuchSubject";

// What is said of one of AWS Glue.
struct GlueRegistryOptions {
  std::string name;                   // "default-registry"
  std::string region;                 // "" = the one that the settings of this machine name
  std::string role_arn, external_id;  // as aws_role_arn, aws_external_id; "" = none
  std::string compatibility;          // of a schema that is made: "BACKWARD"
  // As aws_access_key_id and its like are written; "" = none.
  std::string access_key_id = {}, secret_access_key = {}, session_token = {};
};

struct SchemaRegistryOptions {
  std::string endpoint;                   // a URL; "" = AWS's own
  std::string username, password, token;  // as written; "" = none
  int64_t start_timeout_ms = 0;
  RegistryKind kind = RegistryKind::kConfluent;
  GlueRegistryOptions glue = {};  // of kGlue
  // The value of an option that is given here as it is written, and may be a reference: "schema_registry.token". Any
  // thread. Empty: nothing is one.
  std::function<Result<std::string>(std::string_view option)> reveal = {};
};

// The registries of the process. Thread-safe.
class SchemaRegistries {
 public:
  virtual ~SchemaRegistries() = default;
  // The same object for the same options. kUser: the endpoint is no URL.
  virtual Result<std::shared_ptr<SchemaRegistry>> Open(const SchemaRegistryOptions& options) = 0;  // shared: by tables
};

}  // namespace laminar
