#include "state/operator_state.h"

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"

namespace laminar {

void StateOutput::Add(std::string section, std::string bytes) {
  auto part = std::make_shared<CheckpointPart>();
  part->bytes = std::move(bytes);
  Add(std::move(section), std::move(part));
}

void SectionWriter::Add(const Batch& batch) {
  if (batch.rows() == 0) return;
  rows_.Add(batch);
  any_ = true;
  if (rows_.bytes() >= kPartBytes) Finish();
}

void SectionWriter::Finish() {
  if (std::exchange(any_, false)) out_->Add(section_, rows_.Take());
}

Status ReadSection(const StateInput& in, const std::string& section, const Schema& schema,
                   const std::function<Status(Batch*)>& take) {
  Batch batch(schema);
  for (const StatePart& part : in.parts()) {
    if (part.section != section) continue;
    ASSIGN_OR_RETURN(RowsReader rows, RowsReader::Open(part.part->file, part.part->bytes, schema));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows.Next(&batch));
      if (!more) break;
      if (Status status = take(&batch); !status.ok()) return std::move(status).WithContext(part.part->file);
    }
  }
  return Status::Ok();
}

void KeepOwned(const StateInput& in, Batch* batch) {
  constexpr size_t kHashColumn = 1;
  if (in.workers() == 1) return;
  duckdb::UnifiedVectorFormat hashes;
  batch->chunk().data[kHashColumn].ToUnifiedFormat(batch->rows(), hashes);
  const auto* values = duckdb::UnifiedVectorFormat::GetData<uint64_t>(hashes);
  duckdb::SelectionVector kept(batch->rows());
  size_t count = 0;
  for (size_t row = 0; row < batch->rows(); row++) {
    if (in.Owns(values[hashes.sel->get_index(row)])) kept.set_index(count++, row);
  }
  if (count < batch->rows()) batch->Slice(kept, count);
}

}  // namespace laminar
