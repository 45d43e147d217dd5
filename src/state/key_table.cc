// The slots are a power of two in number, probed linearly from the low bits of the hash (the high bits are the same for
// all keys of a worker). A slot holds the key's number and the low half of its hash, so that probing, growing and
// erasing read no keys. Erasing shifts the rest of the probe run back (Knuth, TAOCP volume 3, 6.4, algorithm R): there
// are no tombstones, and a table from which much is erased stays as fast as a fresh one.
//
// The bytes of the keys lie in blocks, each with its length before it. A block whose keys have all been erased is
// filled anew: keys that come and go in the order of time mostly leave whole blocks. For those that do not, erased
// bytes are counted; when they are more than those that live, the living are moved to new blocks, which costs each
// Erase a constant share.
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

constexpr uint32_t kNowhere = UINT32_MAX;

struct Place {
  uint32_t block = kNowhere;
  uint32_t offset = 0;
};

struct Entry {
  Place place;  // of the length (4 bytes) and the key; nowhere = the number is free
  uint64_t hash = 0;
};

// Bytes that do not move.
class Blocks {
 public:
  Place Add(std::string_view key) {
    const size_t size = SizeOf(key);
    if (current_ == kNowhere || blocks_[current_].used + size > blocks_[current_].capacity) Open(size);
    Block& block = blocks_[current_];
    const Place place{current_, static_cast<uint32_t>(block.used)};
    char* const at = block.bytes.get() + block.used;
    const auto length = static_cast<uint32_t>(key.size());
    memcpy(at, &length, sizeof(length));
    if (!key.empty()) memcpy(at + sizeof(length), key.data(), key.size());
    block.used += size;
    block.live += size;
    live_ += size;
    return place;
  }
  void Drop(Place place) {
    Block& block = blocks_[place.block];
    const size_t size = SizeOf(Get(place));
    live_ -= size;
    block.live -= size;
    if (block.live > 0) {
      dead_ += size;
      return;
    }
    dead_ -= block.used - size;  // what the others had left
    block.used = 0;
    if (live_ == 0 && total_ > kSmallDeadBytes) {
      *this = Blocks();
    } else if (place.block != current_ || block.capacity > kLargestBlockBytes) {
      if (place.block == current_) current_ = kNowhere;
      empty_.push_back(place.block);
      empty_bytes_ += block.capacity;
      while (empty_bytes_ > live_) GiveBack();
    }
  }
  const char* At(Place place) const { return blocks_[place.block].bytes.get() + place.offset; }
  std::string_view Get(Place place) const {
    const char* const at = At(place);
    uint32_t length;
    memcpy(&length, at, sizeof(length));
    return {at + sizeof(length), length};
  }
  bool MostlyDead() const { return dead_ > live_ + kSmallDeadBytes; }
  size_t bytes() const {
    return total_ + blocks_.capacity() * sizeof(Block) + (empty_.capacity() + bare_.capacity()) * sizeof(uint32_t);
  }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t capacity = 0, used = 0, live = 0;
  };
  static size_t SizeOf(std::string_view key) { return sizeof(uint32_t) + key.size(); }

  void GiveBack() {
    const uint32_t number = empty_.back();
    empty_.pop_back();
    empty_bytes_ -= blocks_[number].capacity;
    total_ -= blocks_[number].capacity;
    blocks_[number] = Block();
    bare_.push_back(number);
  }

  // Makes a block current that has room for `size` bytes.
  void Open(size_t size) {
    if (current_ != kNowhere && blocks_[current_].live == 0) {  // too small
      empty_.push_back(current_);
      empty_bytes_ += blocks_[current_].capacity;
      GiveBack();
    }
    if (!empty_.empty() && blocks_[empty_.back()].capacity >= size) {
      current_ = empty_.back();
      empty_.pop_back();
      empty_bytes_ -= blocks_[current_].capacity;
      return;
    }
    if (bare_.empty()) {
      current_ = static_cast<uint32_t>(blocks_.size());
      blocks_.emplace_back();
    } else {
      current_ = bare_.back();
      bare_.pop_back();
    }
    Block& block = blocks_[current_];
    block.capacity = std::max(size, std::min(kLargestBlockBytes, std::max(kFirstBlockBytes, total_)));
    block.bytes = std::make_unique_for_overwrite<char[]>(block.capacity);
    total_ += block.capacity;
  }

  std::vector<Block> blocks_;
  std::vector<uint32_t> empty_, bare_;  // blocks without keys, but for the current one: with memory, and without
  uint32_t current_ = kNowhere;         // where the next key goes
  size_t total_ = 0, empty_bytes_ = 0, live_ = 0, dead_ = 0;
};

}  // namespace

struct KeyTable::Rep {
  std::vector<Slot> slots = std::vector<Slot>(kFirstSlots);
  NumberPool numbers;
  std::vector<Entry> entries;  // by number
  Blocks blocks;
  size_t keys = 0;

  size_t mask() const { return slots.size() - 1; }

  // The slot that holds the key, or the free one where it belongs.
  size_t FindSlot(std::string_view key, uint64_t hash) const {
    const auto tag = static_cast<uint32_t>(hash);
    size_t at = tag & mask();
    for (; slots[at].number != kNotFound; at = (at + 1) & mask()) {
      if (slots[at].tag != tag) continue;
      if (blocks.Get(entries[slots[at].number].place) == key) break;
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
    for (Entry& entry : entries) {
      if (entry.place.block != kNowhere) entry.place = blocks.Add(old.Get(entry.place));
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
  rep_->entries[number] = {rep_->blocks.Add(key), hash};
  rep_->slots[at] = {number, static_cast<uint32_t>(hash)};
  rep_->keys++;
  return number;
}

void KeyTable::FindOrAdd(std::span<const std::string_view> keys, std::span<const uint64_t> hashes,
                         std::vector<uint32_t>* numbers, std::vector<uint32_t>* created) {
  CHECK(keys.size() == hashes.size());
  constexpr size_t kAhead = 4;  // keys between one fetch and the next that needs it
  numbers->resize(keys.size());
  created->clear();
  const Rep& rep = *rep_;
  const auto home = [&](size_t i) -> const Slot& { return rep.slots[hashes[i] & rep.mask()]; };
  for (size_t i = 0; i < keys.size(); i++) {
    if (i + 3 * kAhead < keys.size()) __builtin_prefetch(&home(i + 3 * kAhead));
    if (i + 2 * kAhead < keys.size()) {
      const Slot& slot = home(i + 2 * kAhead);
      if (slot.number != kNotFound) __builtin_prefetch(&rep.entries[slot.number]);
    }
    if (i + kAhead < keys.size()) {
      const Slot& slot = home(i + kAhead);
      if (slot.number != kNotFound) __builtin_prefetch(rep.blocks.At(rep.entries[slot.number].place));
    }
    bool is_new = false;
    (*numbers)[i] = FindOrAdd(keys[i], hashes[i], &is_new);
    if (is_new) created->push_back(static_cast<uint32_t>(i));
  }
}

void KeyTable::PrefetchNumber(uint32_t number) const {
  __builtin_prefetch(&rep_->entries[number]);
}
void KeyTable::PrefetchKey(uint32_t number) const {
  __builtin_prefetch(rep_->blocks.At(rep_->entries[number].place));
  __builtin_prefetch(&rep_->slots[rep_->entries[number].hash & rep_->mask()]);
}

uint32_t KeyTable::Find(std::string_view key, uint64_t hash) const {
  return rep_->slots[rep_->FindSlot(key, hash)].number;
}

void KeyTable::Erase(uint32_t number) {
  CHECK(number < rep_->entries.size() && rep_->entries[number].place.block != kNowhere);
  const Entry entry = rep_->entries[number];
  size_t at = entry.hash & rep_->mask();
  while (rep_->slots[at].number != number) at = (at + 1) & rep_->mask();
  rep_->FreeSlot(at);
  rep_->blocks.Drop(entry.place);
  rep_->entries[number] = Entry();
  rep_->numbers.Release(number);
  NumberPool::FitTo(&rep_->entries, rep_->numbers.end());
  rep_->keys--;
  if (rep_->blocks.MostlyDead()) rep_->MoveLivingKeys();
  if (rep_->slots.size() > kFirstSlots && rep_->keys * 8 < rep_->slots.size()) rep_->SetSlots(rep_->slots.size() / 2);
}

std::string_view KeyTable::key(uint32_t number) const {
  return rep_->blocks.Get(rep_->entries[number].place);
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
