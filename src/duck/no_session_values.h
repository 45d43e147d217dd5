// Names that SQL turns into values of the session where no column has them: user, current_schema and their relatives.
#pragma once

namespace duckdb {
class DatabaseInstance;
}

namespace laminar {

// In this database such a name, if it is no column's, is an error ("there is no column user") instead of a constant.
void ForgetSessionValues(duckdb::DatabaseInstance& database);

}  // namespace laminar
