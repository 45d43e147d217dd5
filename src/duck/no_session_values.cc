#include "duck/no_session_values.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/exception/binder_exception.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"

namespace laminar {
namespace {

duckdb::unique_ptr<duckdb::FunctionData> Refuse(duckdb::ClientContext&, duckdb::ScalarFunction& function,
                                                duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>&) {
  const std::string name = function.name == "current_database" ? "current_catalog" : function.name;
  throw duckdb::BinderException("there is no column " + name);
}

void NeverCalled(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {}

}  // namespace

void ForgetSessionValues(duckdb::DatabaseInstance& database) {
  duckdb::Catalog& catalog = duckdb::Catalog::GetSystemCatalog(database);
  const auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(database);
  for (const char* name :
       {"user", "current_user", "session_user", "current_role", "current_schema", "current_database"}) {
    duckdb::CreateScalarFunctionInfo info(
        duckdb::ScalarFunction(name, {}, duckdb::LogicalType::VARCHAR, NeverCalled, Refuse));
    info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
    catalog.CreateFunction(transaction, info);
  }
}

}  // namespace laminar
