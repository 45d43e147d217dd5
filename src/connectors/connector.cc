#include "connectors/connector.h"

namespace laminar {

Result<std::unique_ptr<Source>> Connector::MakeSource(const TableSpec& table, const ConnectorContext&) const {
  return Status::User("table " + table.name + " cannot be read: connector '" + name() + "' cannot be a source",
                      "Use it in INSERT INTO only");
}

Result<std::unique_ptr<Sink>> Connector::MakeSink(const TableSpec& table, const ConnectorContext&) const {
  return Status::User("table " + table.name + " cannot be written: connector '" + name() + "' cannot be a sink",
                      "Use it in SELECT ... FROM only");
}

}  // namespace laminar
