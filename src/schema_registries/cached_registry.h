// A SchemaRegistry over a client: what has been fetched is kept, what has not is fetched by a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log_scope.h"
#include "base/random.h"
#include "schema_registries/registry_client.h"

namespace laminar {

struct CachedRegistrySettings {
  int64_t start_timeout_micros = 60 * kMicrosPerSecond;
  int64_t base_delay_micros = 100'000;  // between attempts, growing up to the most
  int64_t most_delay_micros = 10 * kMicrosPerSecond;
  int64_t missing_micros = 30 * kMicrosPerSecond;  // an id that does not exist is asked for again after that
  int64_t log_micros = 30 * kMicrosPerSecond;      // between log lines of a registry that does not answer
  size_t most_schemas = 10'000;                    // kept; the ones that were not asked for the longest go first
  size_t most_bytes = 64 << 20;                    // of their texts
};

class CachedRegistry final : public SchemaRegistry {
 public:
  // clock: a SystemClock; borrowed, outlives the object.
  CachedRegistry(std::unique_ptr<RegistryClient> client, const Clock* clock, uint64_t seed,
                 const CachedRegistrySettings& settings);
  ~CachedRegistry() override;  // no other call is under way

  Result<SchemaFound> Find(std::string_view id, const SchemaWaiterRef& waiter) override;
  Result<RegisteredSchemaRef> Latest(const std::string& subject) override;
  Result<RegisteredSchemaRef> Enter(const std::string& subject, const std::string& type, const std::string& text,
                                    bool registers) override;
  RegisteredSchemaRef Known(const std::string& subject, const std::string& text) const override;

 private:
  using Entered = std::pair<std::string, std::string>;  // subject and text; the text "": the newest

  struct Kept {
    RegisteredSchemaRef schema;  // nullptr: missing
    std::string missing;
    int64_t ask_again_micros = kNever;  // of a missing one
    uint64_t used = 0;                  // rises with every time that one is asked for
  };

  // Asks until the answer is final or the time is up.
  Result<RegisteredSchemaRef> AskAtStart(const Entered& entered, const std::function<RegistryAnswer()>& ask);
  void FetchWanted();
  std::string NextWanted(const std::string& after);
  std::shared_ptr<const LogOwner> WhoWants() const;
  void Keep(const std::string& id, Kept kept);
  void MakeRoom(size_t bytes);
  void Refuse(Status problem);
  void LogFailure(const Status& problem, const char* effect);
  void LogSuccess();
  void Pause(ThreadWaker* waker, int64_t micros);

  const std::unique_ptr<RegistryClient> client_;
  const Clock* const clock_;
  const CachedRegistrySettings settings_;

  mutable std::mutex mutex_;
  Random random_;                                            // guarded by mutex_
  std::map<std::string, Kept, std::less<>> kept_;            // guarded by mutex_; by id
  size_t kept_bytes_ = 0;                                    // guarded by mutex_
  uint64_t uses_ = 0;                                        // guarded by mutex_
  std::map<std::string, std::set<SchemaWaiterRef>> wanted_;  // guarded by mutex_; by id
  std::map<Entered, RegisteredSchemaRef> entered_;           // guarded by mutex_
  std::shared_ptr<const LogOwner> wants_;                    // guarded by mutex_; who asked last, while ids are wanted
  bool worked_ = false;                                      // guarded by mutex_; it has given a schema
  Status refused_;                                           // guarded by mutex_; to be told by the next Find
  bool failing_ = false;                                     // guarded by mutex_; as the log says
  int64_t next_log_micros_ = INT64_MIN;                      // guarded by mutex_; of a failure
  std::thread thread_;                                       // guarded by mutex_; runs from the first fetch on

  std::atomic<bool> stops_{false};
  ThreadWaker waker_;  // of the thread
};

}  // namespace laminar
