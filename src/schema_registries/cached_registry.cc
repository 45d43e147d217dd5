#include "schema_registries/cached_registry.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "formats/schema_header.h"

namespace laminar {

CachedRegistry::CachedRegistry(std::unique_ptr<RegistryClient> client, const Clock* clock, uint64_t seed,
                               const CachedRegistrySettings& settings)
    : client_(std::move(client)), clock_(clock), settings_(settings), random_(seed) {}

CachedRegistry::~CachedRegistry() {
  stops_ = true;
  client_->Cancel();
  waker_.Wake();
  if (thread_.joinable()) thread_.join();
}

// ---- while pipelines run

Result<SchemaFound> CachedRegistry::Find(std::string_view id, const SchemaWaiterRef& waiter) {
  std::lock_guard lock(mutex_);
  const auto found = kept_.find(id);
  if (found != kept_.end() && clock_->SteadyMicros() < found->second.ask_again_micros) {
    found->second.used = ++uses_;
    return SchemaFound{found->second.schema, found->second.missing};
  }
  if (!refused_.ok()) return std::exchange(refused_, Status::Ok());
  if (wanted_[std::string(id)].insert(waiter).second) {
    wants_ = LogScope::Current();
    waker_.Wake();
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { FetchWanted(); });
  return SchemaFound{};
}

// One id after the other; after a failure the next one gets its turn, so that none holds the others up.
void CachedRegistry::FetchWanted() {
  std::unique_lock lock(mutex_);
  Random random = random_.Fork();
  lock.unlock();
  Backoff backoff(&random, settings_.base_delay_micros, settings_.most_delay_micros);
  std::string id;
  while (!stops_) {
    id = NextWanted(id);
    if (id.empty()) {
      waker_.WaitUntil(*clock_, kNever);
      continue;
    }
    RegistryAnswer answer = client_->Fetch(id);
    switch (answer.outcome) {
      case RegistryOutcome::kDone:
        Keep(id, {std::make_shared<const RegisteredSchema>(std::move(answer.schema)), ""});
        break;
      case RegistryOutcome::kMissing:
        Keep(id, {nullptr, answer.problem.message(), clock_->SteadyMicros() + settings_.missing_micros});
        break;
      case RegistryOutcome::kRefused:
      case RegistryOutcome::kTryAgain:
        if (stops_) return;
        lock.lock();
        const bool is_first = answer.outcome == RegistryOutcome::kRefused && !worked_;
        lock.unlock();
        if (is_first) {
          Refuse(std::move(answer.problem));
          break;
        }
        {
          const LogScope scope(WhoWants());
          LogFailure(answer.problem, "records with a schema that is not known yet wait");
        }
        Pause(&waker_, backoff.NextDelayMicros());
        continue;
    }
    backoff.Reset();
    const LogScope scope(WhoWants());
    LogSuccess();
  }
}

std::shared_ptr<const LogOwner> CachedRegistry::WhoWants() const {
  std::lock_guard lock(mutex_);
  return wants_;
}

std::string CachedRegistry::NextWanted(const std::string& after) {
  std::lock_guard lock(mutex_);
  auto next = wanted_.upper_bound(after);
  if (next == wanted_.end()) next = wanted_.begin();
  if (next == wanted_.end()) wants_.reset();
  return next == wanted_.end() ? "" : next->first;
}

void CachedRegistry::Keep(const std::string& id, Kept kept) {
  std::set<SchemaWaiterRef> waiters;
  {
    std::lock_guard lock(mutex_);
    worked_ = worked_ || kept.schema != nullptr;
    if (const auto old = kept_.find(id); old != kept_.end()) kept_.erase(old);  // it was missing
    const size_t bytes = kept.schema == nullptr ? 0 : kept.schema->text.size();
    MakeRoom(bytes);
    kept_bytes_ += bytes;
    kept.used = ++uses_;
    kept_.emplace(id, std::move(kept));
    waiters = std::move(wanted_[id]);
    wanted_.erase(id);
  }
  for (const SchemaWaiterRef& waiter : waiters) waiter->Wake();
}

void CachedRegistry::MakeRoom(size_t bytes) {
  while (!kept_.empty() && (kept_.size() >= settings_.most_schemas || kept_bytes_ + bytes > settings_.most_bytes)) {
    const auto oldest = std::min_element(kept_.begin(), kept_.end(),
                                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    if (oldest->second.schema != nullptr) kept_bytes_ -= oldest->second.schema->text.size();
    kept_.erase(oldest);
  }
}

void CachedRegistry::Refuse(Status problem) {
  std::map<std::string, std::set<SchemaWaiterRef>> wanted;
  {
    std::lock_guard lock(mutex_);
    refused_ = std::move(problem);
    wanted = std::exchange(wanted_, {});
  }
  for (const auto& [id, waiters] : wanted) {
    for (const SchemaWaiterRef& waiter : waiters) waiter->Wake();
  }
}

// ---- at their start

Result<RegisteredSchemaRef> CachedRegistry::Latest(const std::string& subject) {
  return AskAtStart({subject, ""}, [&] { return client_->Latest(subject); });
}

Result<RegisteredSchemaRef> CachedRegistry::Enter(const std::string& subject, const std::string& type,
                                                  const std::string& text, bool registers) {
  return AskAtStart({subject, text}, [&] {
    return registers ? client_->Register(subject, type, text) : client_->LookUp(subject, type, text);
  });
}

RegisteredSchemaRef CachedRegistry::Known(const std::string& subject, const std::string& text) const {
  std::lock_guard lock(mutex_);
  const auto found = entered_.find({subject, text});
  return found == entered_.end() ? nullptr : found->second;
}

Result<RegisteredSchemaRef> CachedRegistry::AskAtStart(const Entered& entered,
                                                       const std::function<RegistryAnswer()>& ask) {
  if (RegisteredSchemaRef known = Known(entered.first, entered.second)) return known;
  std::unique_lock lock(mutex_);
  Random random = random_.Fork();
  lock.unlock();
  const int64_t deadline = clock_->SteadyMicros() + settings_.start_timeout_micros;
  Backoff backoff(&random, settings_.base_delay_micros, settings_.most_delay_micros);
  for (;;) {
    RegistryAnswer answer = ask();
    if (answer.outcome == RegistryOutcome::kDone) {
      LogSuccess();
      auto schema = std::make_shared<const RegisteredSchema>(std::move(answer.schema));
      lock.lock();
      worked_ = true;
      entered_[entered] = schema;
      return schema;
    }
    if (answer.outcome != RegistryOutcome::kTryAgain) return std::move(answer.problem);
    const int64_t left = deadline - clock_->SteadyMicros();
    if (left <= 0 || stops_) {
      return Status::Environment(answer.problem.message() + ", for " +
                                     std::to_string(settings_.start_timeout_micros / kMicrosPerSecond) +
                                     " s (schema_registry.start_timeout)",
                                 answer.problem.hint());
    }
    LogFailure(answer.problem, "the start waits");
    ThreadWaker nobody;
    Pause(&nobody, std::min(left, backoff.NextDelayMicros()));
  }
}

// ---- both

void CachedRegistry::Pause(ThreadWaker* waker, int64_t micros) {
  const int64_t deadline = clock_->SteadyMicros() + micros;
  while (!stops_ && clock_->SteadyMicros() < deadline) waker->WaitUntil(*clock_, deadline);
}

void CachedRegistry::LogFailure(const Status& problem, const char* effect) {
  const int64_t now = clock_->SteadyMicros();
  {
    std::lock_guard lock(mutex_);
    if (now < next_log_micros_) return;
    next_log_micros_ = now + settings_.log_micros;
    failing_ = true;
  }
  LogWarning("the schema registry gives no schemas; it is asked again", {{"registry", client_->Describe()},
                                                                         {"problem", problem.message()},
                                                                         {"hint", problem.hint()},
                                                                         {"effect", effect}});
}

void CachedRegistry::LogSuccess() {
  {
    std::lock_guard lock(mutex_);
    if (!std::exchange(failing_, false)) return;
  }
  LogInfo("the schema registry answers again", {{"registry", client_->Describe()}});
}

}  // namespace laminar
