#include "stream/over/fed_rows.h"

#include "base/check.h"

namespace laminar {

namespace {

constexpr int64_t kNodeBytes = 5 * sizeof(void*);  // of the index, for each key

}  // namespace

bool FedRows::Read(ByteReader* log, Row* row) {
  uint32_t key_size = 0, value_size = 0;
  if (!log->ReadFixed(&row->times) || !log->ReadFixed(&key_size) || !log->ReadFixed(&value_size) ||
      !log->ReadBytes(key_size, &row->key))
    return false;
  if (value_size != kSame) return log->ReadBytes(value_size, &row->value);
  row->value = row->key;
  return true;
}

std::string_view FedRows::KeyAt(const std::string& log, uint64_t place) {
  ByteReader at(std::string_view(log).substr(place));
  Row row;
  CHECK(Read(&at, &row));
  return row.key;
}

int64_t FedRows::Partition::bytes() const {
  return static_cast<int64_t>(sizeof(Partition) + log.capacity()) + static_cast<int64_t>(index.size()) * kNodeBytes;
}

FedRows::Partition& FedRows::At(uint32_t number) {
  if (!partitions_[number]) {
    partitions_[number] = std::make_unique<Partition>();
    bytes_ += partitions_[number]->bytes();
  }
  return *partitions_[number];
}

void FedRows::Write(Partition* partition, std::string_view key, std::string_view value, uint64_t times) {
  CHECK(key.size() < kSame && value.size() < kSame);
  bytes_ -= partition->bytes();
  const bool same = value == key;
  AppendFixed(times, &partition->log);
  AppendFixed(static_cast<uint32_t>(key.size()), &partition->log);
  AppendFixed(same ? kSame : static_cast<uint32_t>(value.size()), &partition->log);
  partition->log.append(key);
  if (!same) partition->log.append(value);
  bytes_ += partition->bytes();
}

void FedRows::Append(uint32_t number, std::string_view value) {
  Write(&At(number), "", value, 1);
}

bool FedRows::Count(uint32_t number, std::string_view key, std::string_view value, uint64_t times) {
  Partition& partition = At(number);
  const auto found = partition.index.find(key);
  if (found != partition.index.end()) {
    uint64_t sum = 0;
    std::memcpy(&sum, partition.log.data() + *found, sizeof(sum));
    sum += times;
    std::memcpy(partition.log.data() + *found, &sum, sizeof(sum));
    return false;
  }
  const uint64_t place = partition.log.size();
  Write(&partition, key, value, times);
  partition.index.insert(place);
  bytes_ += kNodeBytes;
  return true;
}

bool FedRows::TakeBetter(uint32_t number, std::string_view key, std::string_view value, bool largest) {
  Partition& partition = At(number);
  if (!partition.log.empty()) {
    const std::string_view best = KeyAt(partition.log, 0);
    if (largest ? key <= best : key >= best) return false;
    partition.log.clear();
  }
  Write(&partition, key, value, 1);
  return true;
}

void FedRows::Forget(uint32_t number) {
  if (number >= partitions_.size() || !partitions_[number]) return;
  bytes_ -= partitions_[number]->bytes();
  partitions_[number].reset();
}

void FedRows::Save(uint32_t number, std::string* bytes) const {
  const std::string_view log = partitions_[number] ? std::string_view(partitions_[number]->log) : std::string_view();
  AppendFixed(uint64_t{log.size()}, bytes);
  bytes->append(log);
}

}  // namespace laminar
