#include "state/group_table.h"

#include "base/check.h"

namespace laminar {

void GroupTable::Find(const EncodedKeys& keys, size_t batch_rows, std::span<const uint32_t> rows, Scratch* scratch) {
  const bool all = rows.size() == batch_rows;
  if (!all) {
    scratch->keys.resize(rows.size());
    scratch->hashes.resize(rows.size());
    for (size_t i = 0; i < rows.size(); i++) {
      scratch->keys[i] = keys.key(rows[i]);
      scratch->hashes[i] = keys.hash(rows[i]);
    }
  }
  keys_.FindOrAdd(all ? keys.keys() : scratch->keys, all ? keys.hashes() : scratch->hashes, &scratch->numbers,
                  &scratch->created);
  for (const uint32_t i : scratch->created) states_.Create(scratch->numbers[i]);
}

Status GroupTable::Feed(AggregateSet* set, Batch* batch, std::span<const uint32_t> rows, Scratch* scratch) {
  scratch->states.resize(rows.size());
  for (size_t i = 0; i < rows.size(); i++) {
    scratch->states[i] = states_.at(scratch->numbers[i]);
    __builtin_prefetch(scratch->states[i]);
  }
  if (rows.size() == batch->rows()) return set->Update(batch, scratch->states, memory());
  return set->UpdateRows(batch, rows, scratch->states, memory());
}

Status GroupTable::Scan(AggregateSet* set, const KeyCodec* codec, uint32_t first, size_t count, Batch* out,
                        size_t results, size_t first_row) {
  CHECK(first + count <= groups());
  std::vector<std::string_view> keys(count);
  std::vector<std::byte*> states(count);
  for (uint32_t i = 0; i < count; i++) {
    keys[i] = key(first + i);
    states[i] = states_.at(first + i);
  }
  if (codec) {
    codec->Decode(keys, out, 0, first_row);
  } else {
    std::vector<uint64_t> hashes(count);
    for (uint32_t i = 0; i < count; i++) hashes[i] = hash(first + i);
    WriteEncoded(keys, hashes, out, first_row);
  }
  return set->Finalize(states, memory(), out, results, first_row);
}

StateTable GroupTable::TakeStates() && {
  keys_ = KeyTable();
  return std::move(states_);
}

}  // namespace laminar
