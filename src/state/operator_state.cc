#include "state/operator_state.h"

namespace laminar {

void StateOutput::Add(std::string section, std::string bytes) {
  auto part = std::make_shared<CheckpointPart>();
  part->bytes = std::move(bytes);
  Add(std::move(section), std::move(part));
}

int64_t StateOutput::bytes() const {
  int64_t bytes = 0;
  for (const StatePart& part : parts_) bytes += static_cast<int64_t>(part.part->bytes.size());
  return bytes;
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

}  // namespace laminar
