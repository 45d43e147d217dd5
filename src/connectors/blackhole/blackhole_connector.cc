#include "connectors/blackhole/blackhole_connector.h"

namespace laminar {

namespace {

class BlackholeWriter final : public SinkWriter {
 public:
  explicit BlackholeWriter(const WriteCounts& counts) : counts_(counts) {}
  Status Push(const Batch& batch) override {
    counts_.Rows(batch.rows());
    return Status::Ok();
  }
  bool CanAccept() const override { return true; }
  Status Poll() override { return Status::Ok(); }
  int64_t NextDeadline() const override { return kNever; }
  void Finish() override {}
  bool Drained() const override { return true; }
  void EndEpoch(int64_t /*epoch*/) override {}
  bool EpochReady(int64_t /*epoch*/) const override { return true; }

 private:
  const WriteCounts counts_;
};

class BlackholeSink final : public Sink {
 public:
  explicit BlackholeSink(const WriteCounts& counts) : counts_(counts) {}
  Status Start(std::vector<Waker*> /*wakers*/) override { return Status::Ok(); }
  std::unique_ptr<SinkWriter> CreateWriter(int /*worker*/) override {
    return std::make_unique<BlackholeWriter>(counts_);
  }
  bool Ready() const override { return true; }

 private:
  const WriteCounts counts_;
};

class BlackholeConnector final : public Connector {
 public:
  std::string name() const override { return "blackhole"; }
  std::string description() const override {
    return "Counts rows and forgets them, without encoding them: for measuring what comes before a sink";
  }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec> kNone;
    return kNone;
  }
  std::vector<std::string> formats() const override { return {}; }
  bool is_source() const override { return false; }
  bool is_sink() const override { return true; }
  Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const override {
    return std::unique_ptr<Sink>(std::make_unique<BlackholeSink>(WriteCounts(context.metrics, table.name)));
  }
};

}  // namespace

std::unique_ptr<Connector> MakeBlackholeConnector() {
  return std::make_unique<BlackholeConnector>();
}

}  // namespace laminar
