// The parts of a checkpoint. Integers are little endian.
//   0   4 bytes   "LKR1"
//   4   4 bytes   0: keys are generated; else rows have a partition key, and it is 1 + the number of key groups
//   8   8 bytes   number of the first row
//  16   8 bytes   rows
//  then for each row: 4 bytes length of the key, 4 bytes length of the data, key, data
// "LKR2": rows may have an explicit hash key: behind the length of the data 4 bytes with its length, behind the key it.
#include "connectors/kinesis/put_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "connectors/kinesis/hash_key.h"

namespace laminar::kinesis {

namespace {

constexpr std::string_view kMagic = "LKR1", kMagicWithHashKeys = "LKR2";
constexpr size_t kHeaderBytes = 24;
// What the queues of keyed rows take for each row, about.
constexpr size_t kKeyedRowBytes = 96;

template <class T>
void AppendInteger(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
bool TakeInteger(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof *value) return false;
  std::memcpy(value, bytes->data(), sizeof *value);
  bytes->remove_prefix(sizeof *value);
  return true;
}

int64_t SegmentMemory(const Segment& segment) {
  size_t bytes = segment.keys.ends.size() * kKeyedRowBytes;
  for (const EncodedRows* texts : {&segment.rows, &segment.keys, &segment.hash_keys})
    bytes += texts->bytes.capacity() + texts->ends.capacity() * sizeof(uint64_t);
  return static_cast<int64_t>(bytes + segment.counts.capacity() * sizeof(uint32_t) + sizeof(Segment));
}

Status Damaged(const std::string& what) {
  return Status::Environment("the rows of a sink in the checkpoint are not what was written: " + what,
                             "Start from an older checkpoint, or with --fresh")
      .WithCode(kCheckpointDamaged);
}

}  // namespace

EpochRows::~EpochRows() {
  *held_bytes_ -= memory_;
}

Segment* EpochRows::Add(RowsToPut rows, int64_t now_micros) {
  CHECK(rows.rows.rows() > 0 && (rows.keys.rows() == 0 || rows.keys.rows() == rows.rows.rows()));
  const size_t hash_keys = rows.hash_keys.rows();
  CHECK(hash_keys == 0 || (hash_keys == rows.rows.rows() && rows.key_groups == 0));
  CHECK(segments_.empty() || segments_.back()->key_groups == rows.key_groups);
  auto segment = std::make_unique<Segment>();
  segment->epoch = this;
  static_cast<RowsToPut&>(*segment) = std::move(rows);
  segment->first_number = rows_;
  segment->added_micros = now_micros;
  segment->unacknowledged = segment->rows.rows();
  segment->memory = SegmentMemory(*segment);
  memory_ += segment->memory;
  *held_bytes_ += segment->memory;
  rows_ += segment->rows.rows();
  unacknowledged_ += segment->rows.rows();
  segments_.push_back(std::move(segment));
  return segments_.back().get();
}

void EpochRows::Release(Segment* segment) {
  memory_ -= segment->memory;
  *held_bytes_ -= segment->memory;
  segment->memory = 0;
  segment->rows = {};
  segment->keys = {};
  segment->hash_keys = {};
  segment->counts = {};
  while (!segments_.empty() && segments_.front()->unacknowledged == 0) segments_.pop_front();
}

void EpochRows::Acknowledge(const RowRef& row) {
  CHECK(unacknowledged_ > 0 && row.segment->unacknowledged > 0);
  unacknowledged_--;
  if (!prefix_.empty()) {
    const uint64_t number = row.number();
    CHECK(!IsAcknowledged(number));
    const uint64_t offset = number - acknowledged_to_;
    if (offset >= bits_.size()) bits_.resize(offset + 1);
    bits_[offset] = true;
    for (; !bits_.empty() && bits_.front(); acknowledged_to_++) bits_.pop_front();
  }
  if (--row.segment->unacknowledged == 0) Release(row.segment);
}

RowRef EpochRows::Find(uint64_t number) {
  if (number >= rows_ || IsAcknowledged(number)) return {};
  auto behind = std::upper_bound(segments_.begin(), segments_.end(), number,
                                 [](uint64_t n, const auto& segment) { return n < segment->first_number; });
  CHECK(behind != segments_.begin());
  Segment* segment = (--behind)->get();
  return {segment, static_cast<uint32_t>(number - segment->first_number)};
}

void EpochRows::Seal(int64_t epoch, int64_t wall_micros) {
  CHECK(!sealed() && epoch > 0);
  epoch_ = epoch;
  sealed_wall_micros_ = wall_micros;
}

const std::vector<std::shared_ptr<CheckpointPart>>& EpochRows::Parts() {
  CHECK(sealed());
  if (!parts_.empty()) return parts_;
  std::string bytes;
  uint64_t rows = 0, first = 0, next = 0;
  const auto finish = [&] {
    if (rows == 0) return;
    std::memcpy(bytes.data() + 8, &first, sizeof first);
    std::memcpy(bytes.data() + 16, &rows, sizeof rows);
    parts_.push_back(std::make_shared<CheckpointPart>(CheckpointPart{.bytes = std::move(bytes), .file = {}}));
    bytes = std::string();
    rows = 0;
  };
  for (const auto& segment : segments_) {
    CHECK(segment->first_number == next);  // nothing is acknowledged before its checkpoint is there
    const bool has_hash_keys = !segment->hash_keys.ends.empty();
    for (uint32_t i = 0; i < segment->rows.rows(); i++) {
      const RowRef row{segment.get(), i};
      const size_t size = (has_hash_keys ? 12 : 8) + row.key().size() + row.hash_key().size() + row.data().size();
      if (bytes.size() + size > kPartBytes) finish();
      if (rows == 0) {
        bytes = has_hash_keys ? kMagicWithHashKeys : kMagic;
        AppendInteger<uint32_t>(segment->keys.ends.empty() ? 0 : 1 + segment->key_groups, &bytes);
        bytes.resize(kHeaderBytes);
        first = next;
      }
      AppendInteger(static_cast<uint32_t>(row.key().size()), &bytes);
      AppendInteger(static_cast<uint32_t>(row.data().size()), &bytes);
      if (has_hash_keys) AppendInteger(static_cast<uint32_t>(row.hash_key().size()), &bytes);
      bytes.append(row.key()).append(row.hash_key()).append(row.data());
      rows++;
      next++;
    }
  }
  finish();
  return parts_;
}

void EpochRows::AppendProgress(std::string* out) const {
  static constexpr char kDigits[] = "0123456789abcdef";
  *out += "{\"id\":\"" + prefix_ + "\",\"worker\":" + std::to_string(worker_) + ",\"epoch\":" + std::to_string(epoch_) +
          ",\"sealed_micros\":" + std::to_string(sealed_wall_micros_) + ",\"rows\":" + std::to_string(rows_) +
          ",\"parts\":" + std::to_string(parts_.size()) + ",\"acknowledged_to\":" + std::to_string(acknowledged_to_) +
          ",\"acknowledged_bits\":\"";
  for (size_t i = 0; i < bits_.size(); i += 4) {
    int digit = 0;
    for (size_t j = i; j < std::min(i + 4, bits_.size()); j++) digit |= bits_[j] ? 1 << (j - i) : 0;
    out->push_back(kDigits[digit]);
  }
  *out += "\"}";
}

Result<std::unique_ptr<EpochRows>> EpochRows::Restore(const Progress& progress,
                                                      std::vector<std::shared_ptr<CheckpointPart>> parts,
                                                      int64_t* held_bytes, int64_t now_micros) {
  if (progress.prefix.empty() || progress.epoch <= 0 || progress.worker < 0) return Damaged("an epoch has no number");
  auto epoch = std::make_unique<EpochRows>(progress.prefix, progress.worker, held_bytes);
  for (const auto& part : parts) {
    RETURN_IF_ERROR(epoch->RestorePart(part->bytes, now_micros));
    part->bytes = std::string();
  }
  if (epoch->rows_ != progress.rows || progress.acknowledged_to > progress.rows) {
    return Damaged("epoch " + std::to_string(progress.epoch) + " has " + std::to_string(epoch->rows_) + " rows, and " +
                   std::to_string(progress.rows) + " were written");
  }
  epoch->parts_ = std::move(parts);
  epoch->Seal(progress.epoch, progress.sealed_wall_micros);
  for (uint64_t number = 0; number < progress.acknowledged_to; number++) epoch->Acknowledge(epoch->Find(number));
  for (size_t i = 0; i < progress.bits.size(); i++) {
    const char c = progress.bits[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return Damaged("the acknowledged rows of an epoch are no number");
    for (size_t j = 0; j < 4; j++) {
      if ((digit >> j & 1) == 0) continue;
      const RowRef row = epoch->Find(progress.acknowledged_to + i * 4 + j);
      if (row.segment == nullptr) return Damaged("a row is acknowledged that is none");
      epoch->Acknowledge(row);
    }
  }
  return epoch;
}

Status EpochRows::RestorePart(std::string_view bytes, int64_t now_micros) {
  uint32_t keyed = 0;
  uint64_t first = 0, count = 0;
  const bool has_hash_keys = bytes.starts_with(kMagicWithHashKeys);
  if (!has_hash_keys && !bytes.starts_with(kMagic)) return Damaged("a part does not begin as one");
  bytes.remove_prefix(4);
  if (!TakeInteger(&bytes, &keyed) || !TakeInteger(&bytes, &first) || !TakeInteger(&bytes, &count))
    return Damaged("a part is cut off");
  if (first != rows_ || count == 0 || keyed > 1 + kMostKeyGroups || count > bytes.size() / 8)
    return Damaged("a part is missing, or too short");
  const uint32_t key_groups = keyed > 0 ? keyed - 1 : 0;
  if (!segments_.empty() && segments_.back()->key_groups != key_groups) return Damaged("parts have other key groups");
  if (has_hash_keys && key_groups > 0) return Damaged("a part has both key groups and explicit hash keys");
  EncodedRows rows, keys, hash_keys;
  for (uint64_t i = 0; i < count; i++) {
    uint32_t key_bytes = 0, data_bytes = 0, hash_key_bytes = 0;
    if (!TakeInteger(&bytes, &key_bytes) || !TakeInteger(&bytes, &data_bytes) ||
        (has_hash_keys && !TakeInteger(&bytes, &hash_key_bytes)) ||
        bytes.size() < size_t{key_bytes} + hash_key_bytes + data_bytes)
      return Damaged("a part is cut off");
    if (keyed == 0 && key_bytes > 0) return Damaged("a row has a key, and its part has none");
    if (keyed > 0) {
      keys.bytes.append(bytes.substr(0, key_bytes));
      keys.ends.push_back(keys.bytes.size());
    }
    bytes.remove_prefix(key_bytes);
    if (has_hash_keys) {
      const std::string_view hash_key = bytes.substr(0, hash_key_bytes);
      if (!hash_key.empty() && !ParseHashKey(hash_key)) return Damaged("an explicit hash key is no hash key");
      hash_keys.bytes.append(hash_key);
      hash_keys.ends.push_back(hash_keys.bytes.size());
      bytes.remove_prefix(hash_key_bytes);
    }
    rows.bytes.append(bytes.substr(0, data_bytes));
    rows.ends.push_back(rows.bytes.size());
    bytes.remove_prefix(data_bytes);
    // Small segments, so that their memory is given back as their rows are acknowledged.
    constexpr size_t kSegmentRows = 2048;
    if (rows.rows() == kSegmentRows || i + 1 == count) {
      Add({.rows = std::exchange(rows, {}),
           .keys = std::exchange(keys, {}),
           .hash_keys = std::exchange(hash_keys, {}),
           .key_groups = key_groups},
          now_micros);
    }
  }
  return bytes.empty() ? Status::Ok() : Damaged("a part is too long");
}

}  // namespace laminar::kinesis
