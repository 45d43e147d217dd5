#include "state/group_table.h"

#include "base/check.h"

namespace laminar {

namespace {
constexpr size_t kAhead = 8;  // rows whose slots are fetched into the cache while others are looked up
}

void GroupTable::FindOrCreate(const EncodedKeys& keys, std::span<const uint32_t> rows,
                              std::vector<std::byte*>* states) {
  states->resize(rows.size());
  for (size_t i = 0; i < rows.size(); i++) {
    if (i + kAhead < rows.size()) keys_.Prefetch(keys.hash(rows[i + kAhead]));
    bool created = false;
    const uint32_t group = keys_.FindOrAdd(keys.key(rows[i]), keys.hash(rows[i]), &created);
    (*states)[i] = created ? states_.Create(group) : states_.at(group);
  }
}

Status GroupTable::Update(AggregateSet* set, const EncodedKeys& keys, Batch* batch, std::span<const uint32_t> rows) {
  FindOrCreate(keys, rows, &found_);
  if (rows.size() == batch->rows()) return set->Update(batch, found_, memory());
  return set->UpdateRows(batch, rows, found_, memory());
}

Status GroupTable::Scan(AggregateSet* set, const KeyCodec& codec, uint32_t first, size_t count, Batch* out,
                        size_t results, size_t first_row) {
  CHECK(first + count <= groups());
  std::vector<std::string_view> keys(count);
  std::vector<std::byte*> states(count);
  for (uint32_t i = 0; i < count; i++) {
    keys[i] = key(first + i);
    states[i] = states_.at(first + i);
  }
  codec.Decode(keys, out, 0, first_row);
  return set->Finalize(states, memory(), out, results, first_row);
}

StateTable GroupTable::TakeStates() && {
  keys_ = KeyTable();
  return std::move(states_);
}

}  // namespace laminar
