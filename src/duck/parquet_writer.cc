// DuckDB's copy function for Parquet, called as COPY calls it.
#include "duck/parquet_writer.h"

#include <optional>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/execution/execution_context.hpp"
#include "duckdb/function/copy_function.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/parallel/thread_context.hpp"
#include "duckdb/parser/parsed_data/copy_info.hpp"

#include "base/check.h"
#include "duck/engine_failure.h"

namespace laminar {

namespace {

// Arrays of a fixed size as lists. DuckDB 1.5.6 writes a NULL among them in a way that other readers refuse.
duckdb::LogicalType TypeInFile(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::ARRAY:
      return duckdb::LogicalType::LIST(TypeInFile(duckdb::ArrayType::GetChildType(type)));
    case duckdb::LogicalTypeId::LIST:
      return duckdb::LogicalType::LIST(TypeInFile(duckdb::ListType::GetChildType(type)));
    case duckdb::LogicalTypeId::MAP:
      return duckdb::LogicalType::MAP(TypeInFile(duckdb::MapType::KeyType(type)),
                                      TypeInFile(duckdb::MapType::ValueType(type)));
    case duckdb::LogicalTypeId::STRUCT: {
      duckdb::child_list_t<duckdb::LogicalType> fields = duckdb::StructType::GetChildTypes(type);
      for (auto& [name, field] : fields) field = TypeInFile(field);
      return duckdb::LogicalType::STRUCT(std::move(fields));
    }
    default:
      return type;
  }
}

}  // namespace

struct ParquetWriter::Rep {
  explicit Rep(MemoryFiles* files)
      : files(files),
        session(files->NewSession()),
        context(session->context()),
        thread(context),
        execution(context, thread, nullptr) {}

  template <class Work>
  Status Try(const Work& work) {
    try {
      context.RunFunctionInTransaction(work);
      return Status::Ok();
    } catch (const std::exception& exception) {
      std::string message;
      if (IsDataFailure(exception, &message))
        return Status::User("rows cannot be written as Parquet: " + message, "cast the column in the query");
      return EngineFailure(exception, "writing a Parquet file");
    }
  }

  MemoryFiles* const files;
  const std::unique_ptr<DuckSession> session;
  duckdb::ClientContext& context;
  duckdb::ThreadContext thread;
  duckdb::ExecutionContext execution;
  std::optional<duckdb::CopyFunction> function;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  std::optional<MemoryFiles::File> file;
  duckdb::unique_ptr<duckdb::GlobalFunctionData> global;
  duckdb::unique_ptr<duckdb::LocalFunctionData> local;
  duckdb::DataChunk view;
  duckdb::vector<duckdb::LogicalType> types;  // of the file
};

ParquetWriter::ParquetWriter(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
ParquetWriter::~ParquetWriter() = default;

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::Make(MemoryFiles* files, const Schema& schema,
                                                           const std::string& compression) {
  auto made = std::make_unique<Rep>(files);
  Rep& rep = *made;
  RETURN_IF_ERROR(rep.Try([&] {
    rep.function = duckdb::Catalog::GetSystemCatalog(rep.context)
                       .GetEntry<duckdb::CopyFunctionCatalogEntry>(rep.context, DEFAULT_SCHEMA, "parquet")
                       .function;
    duckdb::vector<duckdb::LogicalType> types;
    duckdb::vector<duckdb::string> names;
    for (const Column& column : schema) {
      types.push_back(TypeInFile(*column.type));
      names.push_back(column.name);
    }
    duckdb::CopyInfo info;
    info.is_from = false;
    info.format = "parquet";
    info.options["compression"] = {duckdb::Value(compression)};
    duckdb::CopyFunctionBindInput input(info);
    rep.bind_data = rep.function->copy_to_bind(rep.context, input, names, types);
    rep.view.InitializeEmpty(types);
    rep.types = std::move(types);
  }));
  return std::unique_ptr<ParquetWriter>(new ParquetWriter(std::move(made)));
}

Status ParquetWriter::Begin(std::string* out) {
  Rep& rep = *rep_;
  rep.file.emplace(rep.files, out);
  return rep.Try([&] {
    rep.global = rep.function->copy_to_initialize_global(rep.context, *rep.bind_data, rep.file->name());
    rep.local = rep.function->copy_to_initialize_local(rep.execution, *rep.bind_data);
  });
}

Status ParquetWriter::Write(const Batch& batch, size_t begin, size_t end) {
  Rep& rep = *rep_;
  CHECK(begin < end && end <= batch.rows());
  auto& chunk = const_cast<duckdb::DataChunk&>(batch.chunk());  // DuckDB reads vectors that are not const only
  return rep.Try([&] {
    rep.view.Reset();
    for (size_t i = 0; i < batch.columns(); i++) {
      duckdb::Vector rows(chunk.data[i]);
      if (begin > 0 || end < batch.rows()) rows.Slice(chunk.data[i], begin, end);
      if (rows.GetType() == rep.types[i]) {
        rep.view.data[i].Reference(rows);
      } else {
        duckdb::Vector cast(rep.types[i]);
        duckdb::VectorOperations::DefaultCast(rows, cast, end - begin);
        rep.view.data[i].Reference(cast);
      }
    }
    rep.view.SetCardinality(end - begin);
    rep.function->copy_to_sink(rep.execution, *rep.bind_data, *rep.global, *rep.local, rep.view);
  });
}

Status ParquetWriter::Finish() {
  Rep& rep = *rep_;
  const Status status = rep.Try([&] {
    rep.function->copy_to_combine(rep.execution, *rep.bind_data, *rep.global, *rep.local);
    rep.function->copy_to_finalize(rep.context, *rep.bind_data, *rep.global);
  });
  rep.local.reset();
  rep.global.reset();
  rep.file.reset();
  return status;
}

}  // namespace laminar
