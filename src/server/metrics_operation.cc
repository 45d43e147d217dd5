// /metrics: what Prometheus asks for, for all pipelines at once.
#include <memory>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "metrics/prometheus_text.h"
#include "server/operations.h"

namespace laminar::server {

namespace {

// Nobody needs a token for it, so it costs next to nothing however often it is asked for.
constexpr int64_t kFreshMicros = kMicrosPerSecond / 2;

class MetricsPage {
 public:
  MetricsPage(const Resources& resources, std::string version, std::function<void(ServerFigures*)> http)
      : clock_(resources.clock),
        supervisor_(resources.supervisor),
        version_(std::move(version)),
        http_(std::move(http)) {}

  std::string Text() {
    std::lock_guard lock(mutex_);
    const int64_t now = clock_->SteadyMicros();
    if (text_.empty() || now - made_micros_ >= kFreshMicros) {
      text_ = Make();
      made_micros_ = now;
    }
    return text_;
  }

 private:
  std::string Make() const {
    ServerFigures server;
    http_(&server);
    std::vector<LabelledFigures> running;
    for (const std::shared_ptr<Job>& job : supervisor_->All()) {
      if (job->preview()) continue;
      const JobRecord record = job->record();
      server.pipelines.push_back(
          {job->pipeline_name(), std::string(JobStateName(record.state)), static_cast<uint64_t>(record.restarts)});
      if (HasEnded(record.state)) continue;
      if (auto figures = job->Figures()) running.push_back({job->pipeline_name(), std::move(*figures)});
    }
    return PrometheusText(running, {.version = version_, .healthy = true, .process = ReadProcessFigures()}, &server);
  }

  const Clock* const clock_;
  Supervisor* const supervisor_;
  const std::string version_;
  const std::function<void(ServerFigures*)> http_;
  std::mutex mutex_;
  std::string text_;         // guarded by mutex_
  int64_t made_micros_ = 0;  // guarded by mutex_; SteadyMicros
};

}  // namespace

void AddMetricsOperation(const Resources& resources, const std::string& version,
                         std::function<void(ServerFigures*)> http, std::vector<Operation>* operations) {
  // Shared: a handler can be copied.
  auto page = std::make_shared<MetricsPage>(resources, version, std::move(http));
  operations->push_back({.method = "GET",
                         .path = "/metrics",
                         .id = "metrics",
                         .tag = "server",
                         .summary = "Figures of all pipelines, for Prometheus",
                         .access = Access::kOpen,
                         .outcomes = {{200, "Text"}},
                         .at_root = true,
                         .gives_text = true,
                         .handler = [page](const Call&) {
                           Answer answer;
                           answer.text = page->Text();
                           answer.content_type = kMetricsContentType;
                           return answer;
                         }});
}

}  // namespace laminar::server
