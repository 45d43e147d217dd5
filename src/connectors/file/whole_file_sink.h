// WholeFileSink: one file that a FileEncoder makes of the rows of all workers (Parquet). It is whole once the pipeline
// has ended; nothing of it can be part of a checkpoint.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "connectors/connector.h"
#include "connectors/line_output.h"

namespace laminar::file {

class WholeFileSink final : public Sink {
 public:
  using Open = std::function<Result<std::unique_ptr<LineOutput>>()>;

  // open is called by Start. What context names is borrowed.
  WholeFileSink(std::unique_ptr<FileEncoder> encoder, const std::string& table, const ConnectorContext& context,
                Open open);
  ~WholeFileSink() override;

  Status Start(std::vector<Waker*> wakers) override;
  std::unique_ptr<SinkWriter> CreateWriter(int worker) override;
  bool Ready() const override { return output_ != nullptr; }
  // An error: it is asked only of a pipeline that keeps state.
  Status Resume(const std::string& state_id, std::vector<SinkState> states) override;

 private:
  class Writer;
  // Of a writer: the rows go into the file in the order of the calls.
  Status Write(const Batch& batch);
  // Each writer once. The last one writes the end of the file.
  Status FinishWriter();

  const std::string table_;
  const ConnectorContext context_;
  const WriteCounts counts_;
  const Open open_;
  std::unique_ptr<LineOutput> output_;  // since Start
  std::mutex mutex_;
  const std::unique_ptr<FileEncoder> encoder_;  // guarded by mutex_
  std::string bytes_;                           // guarded by mutex_: for the encoder, empty in between
  size_t writers_ = 0;                          // guarded by mutex_: that have not finished
};

}  // namespace laminar::file
