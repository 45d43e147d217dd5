#include "connectors/stdout/stdout_connector.h"

#include "connectors/line_sink.h"

namespace laminar {

namespace {

class StdoutConnector final : public Connector {
 public:
  explicit StdoutConnector(int fd) : fd_(fd) {}
  std::string name() const override { return "stdout"; }
  std::string description() const override {
    return "Prints rows to the standard output, one a line, as soon as they are there";
  }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec> kNone;
    return kNone;
  }
  std::vector<std::string> formats() const override { return {"json", "csv", "raw_string"}; }
  bool is_source() const override { return false; }
  bool is_sink() const override { return true; }

  Result<std::unique_ptr<Sink>> MakeSink(const TableSpec& table, const ConnectorContext& context) const override {
    LineSinkOptions options;
    options.flush_bytes = 64 << 10;
    options.quiet_micros = 0;  // as soon as the worker has pushed what it has at hand
    options.kept_bytes = 64 << 10;
    options.reader_check_micros = 500'000;  // laminar tail orders | head -1
    return LineSink::Make(table, context, options, [fd = fd_](std::optional<int64_t> /*keep*/) {
      return Result<std::unique_ptr<LineOutput>>(std::make_unique<LineOutput>(fd, "stdout", /*owned=*/false));
    });
  }

 private:
  const int fd_;
};

}  // namespace

std::unique_ptr<Connector> MakeStdoutConnector(int fd) {
  return std::make_unique<StdoutConnector>(fd);
}

}  // namespace laminar
