#include "connectors/connector.h"

#include "connectors/connection_check.h"

namespace laminar {

void Connector::Test(const TableSpec& /*table*/, OptionUse /*use*/, ConnectionTest* test) const {
  test->Skipped("connection", "connector '" + name() + "' connects to nothing");
}

void Connector::TestConnection(const OptionValues& /*options*/, ConnectionTest* test) const {
  test->Skipped("connection", "connector '" + name() + "' connects to nothing");
}

Result<std::unique_ptr<Source>> Connector::MakeSource(const TableSpec& table, const ConnectorContext&) const {
  return Status::User("table " + table.name + " cannot be read: connector '" + name() + "' cannot be a source",
                      "Use it in INSERT INTO only");
}

Result<std::unique_ptr<Sink>> Connector::MakeSink(const TableSpec& table, const ConnectorContext&) const {
  return Status::User("table " + table.name + " cannot be written: connector '" + name() + "' cannot be a sink",
                      "Use it in SELECT ... FROM only");
}

}  // namespace laminar
