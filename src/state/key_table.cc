// The slots are a power of two in number, probed linearly from the low bits of the hash (the high bits are the same for
// all keys of a worker). A slot holds the key's number and the low half of its hash, so that probing, growing and
// erasing read no keys. Erasing shifts the rest of the probe run back (Knuth, TAOCP volume 3, 6.4, algorithm R): there
// are no tombstones, and a table from which much is erased stays as fast as a fresh one.
//
// The bytes of the keys lie in blocks, each with its length before it. Erased ones are counted; when they are more than
// those that live, the living are moved to new blocks, which costs each Erase a constant share.
#include "state/key_table.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "state/number_pool.h"

namespace laminar {

namespace {

constexpr size_t kFirstSlots = 8;
constexpr size_t kFirstBlockBytes = 128;
constexpr size_t kLargestBlockBytes = 64 << 10;  // but for a single key that is longer
constexpr size_t kSmallDeadBytes = 1024;         // not worth moving the others for

struct Slot {
  uint32_t number = KeyTable::kNotFound;  // kNotFound = free
  uint32_t tag = 0;                       // the low half of the hash
};

struct Entry {
  const char* bytes = nullptr;  // the length (4 bytes), the key; nullptr = the number is free
  uint64_t hash = 0;
};

uint32_t LengthAt(const char* bytes) {
  uint32_t length;
  memcpy(&length, bytes, sizeof(length));
  return length;
}

// Bytes that never move; freed as a whole.
class Blocks {
 public:
  char* Allocate(size_t size) {
    if (size > free_) {
      const size_t block = std::max(size, std::min(kLargestBlockBytes, std::max(kFirstBlockBytes, total_)));
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
      next_ = blocks_.back().get();
      free_ = block;
      total_ += block;
    }
    char* at = next_;
    next_ += size;
    free_ -= size;
    return at;
  }
  size_t bytes() const { return total_ + blocks_.capacity() * sizeof(blocks_[0]); }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t free_ = 0, total_ = 0;
};

}  // namespace

struct KeyTable::Rep {
  std::vector<Slot> slots = std::vector<Slot>(kFirstSlots);
  NumberPool numbers;
  std::vector<Entry> entries;  // by number
  Blocks blocks;
  size_t live_bytes = 0, dead_bytes = 0;
  size_t keys = 0;

  size_t mask() const { return slots.size() - 1; }

  // The slot that holds the key, or the free one where it belongs.
  size_t FindSlot(std::string_view key, uint64_t hash) const {
    const auto tag = static_cast<uint32_t>(hash);
    size_t at = tag & mask();
    for (; slots[at].number != kNotFound; at = (at + 1) & mask()) {
      if (slots[at].tag != tag) continue;
      const char* bytes = entries[slots[at].number].bytes;
      if (std::string_view(bytes + sizeof(uint32_t), LengthAt(bytes)) == key) break;
    }
    return at;
  }

  void SetSlots(size_t count) {
    std::vector<Slot> old(count);
    old.swap(slots);
    for (const Slot& slot : old) {
      if (slot.number == kNotFound) continue;
      size_t at = slot.tag & mask();
      while (slots[at].number != kNotFound) at = (at + 1) & mask();
      slots[at] = slot;
    }
  }

  const char* Store(std::string_view key) {
    const auto length = static_cast<uint32_t>(key.size());
    char* bytes = blocks.Allocate(sizeof(length) + key.size());
    memcpy(bytes, &length, sizeof(length));
    if (!key.empty()) memcpy(bytes + sizeof(length), key.data(), key.size());
    live_bytes += sizeof(length) + key.size();
    return bytes;
  }

  // Moves the rest of the probe run over the slot that becomes free.
  void FreeSlot(size_t hole) {
    for (size_t at = (hole + 1) & mask(); slots[at].number != kNotFound; at = (at + 1) & mask()) {
      const size_t home = slots[at].tag & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;  // it would come to lie before its home
      slots[hole] = slots[at];
      hole = at;
    }
    slots[hole] = Slot();
  }

  void MoveLivingKeys() {
    const Blocks old = std::exchange(blocks, Blocks());
    live_bytes = dead_bytes = 0;
    for (Entry& entry : entries) {
      if (entry.bytes) entry.bytes = Store({entry.bytes + sizeof(uint32_t), LengthAt(entry.bytes)});
    }
  }
};

KeyTable::KeyTable() : rep_(std::make_unique<Rep>()) {}
KeyTable::~KeyTable() = default;
KeyTable::KeyTable(KeyTable&&) noexcept = default;
KeyTable& KeyTable::operator=(KeyTable&&) noexcept = default;

uint32_t KeyTable::FindOrAdd(std::string_view key, uint64_t hash, bool* created) {
  size_t at = rep_->FindSlot(key, hash);
  *created = rep_->slots[at].number == kNotFound;
  if (!*created) return rep_->slots[at].number;
  if ((rep_->keys + 1) * 4 > rep_->slots.size() * 3) {
    rep_->SetSlots(rep_->slots.size() * 2);
    at = rep_->FindSlot(key, hash);
  }
  const uint32_t number = rep_->numbers.Take();
  if (number >= rep_->entries.size()) rep_->entries.resize(number + 1);
  rep_->entries[number] = {rep_->Store(key), hash};
  rep_->slots[at] = {number, static_cast<uint32_t>(hash)};
  rep_->keys++;
  return number;
}

void KeyTable::Prefetch(uint64_t hash) const {
  __builtin_prefetch(&rep_->slots[hash & rep_->mask()]);
}

void KeyTable::PrefetchNumber(uint32_t number) const {
  __builtin_prefetch(&rep_->entries[number]);
}
void KeyTable::PrefetchKey(uint32_t number) const {
  __builtin_prefetch(rep_->entries[number].bytes);
  Prefetch(rep_->entries[number].hash);
}

uint32_t KeyTable::Find(std::string_view key, uint64_t hash) const {
  return rep_->slots[rep_->FindSlot(key, hash)].number;
}

void KeyTable::Erase(uint32_t number) {
  CHECK(number < rep_->entries.size() && rep_->entries[number].bytes);
  const Entry entry = rep_->entries[number];
  size_t at = entry.hash & rep_->mask();
  while (rep_->slots[at].number != number) at = (at + 1) & rep_->mask();
  rep_->FreeSlot(at);
  const size_t size = sizeof(uint32_t) + LengthAt(entry.bytes);
  rep_->live_bytes -= size;
  rep_->dead_bytes += size;
  rep_->entries[number] = Entry();
  rep_->numbers.Release(number);
  NumberPool::FitTo(&rep_->entries, rep_->numbers.end());
  rep_->keys--;
  if (rep_->dead_bytes > rep_->live_bytes + kSmallDeadBytes) rep_->MoveLivingKeys();
  if (rep_->slots.size() > kFirstSlots && rep_->keys * 8 < rep_->slots.size()) rep_->SetSlots(rep_->slots.size() / 2);
}

std::string_view KeyTable::key(uint32_t number) const {
  const char* bytes = rep_->entries[number].bytes;
  return {bytes + sizeof(uint32_t), LengthAt(bytes)};
}
uint64_t KeyTable::hash(uint32_t number) const {
  return rep_->entries[number].hash;
}
size_t KeyTable::size() const {
  return rep_->keys;
}
uint32_t KeyTable::end_number() const {
  return static_cast<uint32_t>(rep_->entries.size());
}
int64_t KeyTable::bytes() const {
  return static_cast<int64_t>(sizeof(Rep) + rep_->slots.capacity() * sizeof(Slot) +
                              rep_->entries.capacity() * sizeof(Entry) + rep_->numbers.bytes() + rep_->blocks.bytes());
}

}  // namespace laminar
