// LineSink: a sink whose rows are lines of one LineOutput. What single_file and stdout are made of.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "connectors/connector.h"
#include "connectors/line_output.h"

namespace laminar {

struct LineSinkOptions {
  size_t flush_bytes = 256 << 10;        // a writer hands its lines on when it has this many bytes,
  int64_t quiet_micros = 100'000;        // or when no row came for this long,
  int64_t longest_micros = 1'000'000;    // or when the oldest waits for this long
  size_t kept_bytes = 256 << 10;         // while a slow reader leaves this much unread, no more is accepted
  int64_t reader_check_micros = kNever;  // how often to look whether the reader of a pipe is still there
  bool sync_at_finish = false;           // onto the disk, before it says that everything is acknowledged
};

// One writer a worker, all on one output: the rows of one writer stay in their order, and lines are never torn.
class LineSink final : public Sink {
 public:
  // keep: of what is there so many bytes are a checkpoint's, and stay; nullopt: nothing stays.
  using Open = std::function<Result<std::unique_ptr<LineOutput>>(std::optional<int64_t> keep)>;

  // open is called by Start. Error: the format refuses the table. What table and context name is borrowed.
  static Result<std::unique_ptr<Sink>> Make(const TableSpec& table, const ConnectorContext& context,
                                            const LineSinkOptions& options, Open open);
  LineSink(const TableSpec& table, const ConnectorContext& context, const LineSinkOptions& options, Open open);

  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SinkWriter> CreateWriter(int worker) override;
  bool Ready() const override { return output_ != nullptr; }
  Status Resume(const std::string& state_id, std::vector<SinkState> states) override;

 private:
  const TableSpec table_;
  const ConnectorContext context_;
  const LineSinkOptions options_;
  const Open open_;
  std::optional<int64_t> keep_;         // of a checkpoint
  std::unique_ptr<LineOutput> output_;  // since Start
};

}  // namespace laminar
