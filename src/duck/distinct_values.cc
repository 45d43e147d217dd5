// The set of a group's values: open addressing with linear probing in a table of 2^bits slots, at most three quarters
// full, that lies in the arena and doubles (what it leaves behind is as large as the table itself). A slot is the value
// itself: one word for what has up to 8 bytes, two for 128-bit numbers, intervals and for strings, of which up to 12
// bytes stand in the slot; everything else (structs, lists) is kept as DuckDB's sort key of it, a string. A slot of
// zeroes is empty; the value that looks like that has a flag.
//
// Rows are inserted 64 at a time in three passes: the first hashes and asks for the slots, the second for the strings
// that they point to, the third probes, so that the misses of many rows overlap.
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/function/create_sort_key.hpp"
#include "duckdb/storage/arena_allocator.hpp"

#include "base/check.h"
#include "duck/batch.h"
#include "duck/own_aggregate.h"

namespace laminar {

namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::ArenaAllocator;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::ListVector;
using duckdb::LogicalType;
using duckdb::PhysicalType;
using duckdb::string_t;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

const duckdb::OrderModifiers kKeyOrder(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST);

// The high and the low half of a 128-bit product, folded: mixes every bit of both into every bit of the result.
uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15U) * (b ^ 0xC2B2AE3D27D4EB4FU);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t LoadWord(const char* from) {
  uint64_t word = 0;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

struct OneWord {
  uint64_t value;
  bool IsZero() const { return value == 0; }
  uint32_t Hash() const { return Mix(value, value) >> 32; }
  bool operator==(const OneWord&) const = default;
  void Own(ArenaAllocator&) {}
  void Prefetch() const {}
};

struct TwoWords {
  uint64_t low, high;
  bool IsZero() const { return (low | high) == 0; }
  uint32_t Hash() const { return Mix(low, high) >> 32; }
  bool operator==(const TwoWords&) const = default;
  void Own(ArenaAllocator&) {}
  void Prefetch() const {}
};

// A string of up to 12 bytes: a string_t, its length, then the bytes. A longer one: its length, its hash, so that a
// table grows without reading it, and where its bytes are.
struct Text {
  uint32_t length, hash;  // of a short string: its first 4 bytes
  uint64_t tail;          // of a short string: up to 8 more

  static Text Of(string_t text) {
    if (text.IsInlined()) return std::bit_cast<Text>(text);
    return {static_cast<uint32_t>(text.GetSize()), HashOf(text.GetData(), text.GetSize()),
            reinterpret_cast<uint64_t>(text.GetData())};
  }
  string_t AsString() const { return IsShort() ? std::bit_cast<string_t>(*this) : string_t(data(), length); }
  const char* data() const { return reinterpret_cast<const char*>(tail); }
  bool IsShort() const { return length <= string_t::INLINE_LENGTH; }
  bool IsZero() const { return (length | hash | tail) == 0; }

  static uint32_t HashOf(const char* data, size_t length) {
    uint64_t mixed = length;
    const char* const end = data + length;
    for (; end - data > 16; data += 16) mixed = Mix(LoadWord(data) ^ mixed, LoadWord(data + 8));
    // The last 16 bytes, whatever of them has been read already; of fewer than 16, two words that overlap.
    const char* const last = length < 16 ? data : end - 16;
    return Mix(LoadWord(last) ^ mixed, LoadWord(end - 8)) >> 32;
  }
  uint32_t Hash() const { return IsShort() ? Mix(length | uint64_t{hash} << 32, tail) >> 32 : hash; }
  bool operator==(const Text& other) const {
    if (length != other.length || hash != other.hash) return false;
    return tail == other.tail || (!IsShort() && std::memcmp(data(), other.data(), length) == 0);
  }
  void Prefetch() const {
    if (!IsShort()) __builtin_prefetch(data());
  }
  void Own(ArenaAllocator& arena) {
    if (IsShort()) return;
    auto* copy = arena.Allocate(length);
    std::memcpy(copy, data(), length);
    tail = reinterpret_cast<uint64_t>(copy);
  }
};
static_assert(sizeof(Text) == sizeof(string_t));

struct Table {
  static constexpr uint8_t kFirstBits = 2;

  void* slots;  // nullptr: no slot yet
  uint32_t used;
  uint8_t bits;
  bool has_zero;

  size_t capacity() const { return slots == nullptr ? 0 : size_t{1} << bits; }
  size_t size() const { return used + (has_zero ? 1U : 0U); }
};

template <class Slot>
Slot* SlotsOf(const Table& table) {
  return static_cast<Slot*>(table.slots);
}

// Where the slot is, or the empty one where it belongs.
template <class Slot>
Slot* Probe(const Table& table, const Slot& slot, uint32_t hash) {
  const size_t mask = table.capacity() - 1;
  for (size_t at = hash >> (32 - table.bits);; at = (at + 1) & mask) {
    Slot* candidate = SlotsOf<Slot>(table) + at;
    if (candidate->IsZero() || *candidate == slot) return candidate;
  }
}

template <class Slot>
void Grow(Table* table, uint8_t bits, ArenaAllocator& arena) {
  Table larger{nullptr, table->used, bits, table->has_zero};
  if (larger.bits >= 32) throw duckdb::OutOfRangeException("more than two thousand million different values");
  const size_t bytes = sizeof(Slot) << larger.bits;
  larger.slots = arena.AllocateAligned(bytes);
  std::memset(larger.slots, 0, bytes);
  for (size_t i = 0; i < table->capacity(); i++) {
    const Slot& slot = SlotsOf<Slot>(*table)[i];
    if (!slot.IsZero()) *Probe(larger, slot, slot.Hash()) = slot;
  }
  *table = larger;
}

bool IsFull(size_t used, size_t capacity) {
  return used * 4 > capacity * 3;
}

// Makes room for `more` values. Values of another table come in the order of their hashes, which is the order of the
// slots here, too: in a table that grows while they come, all would stand in its front, in runs that each of them walks
// along to its end.
template <class Slot>
void Reserve(Table* table, size_t more, ArenaAllocator& arena) {
  uint8_t bits = table->slots == nullptr ? Table::kFirstBits : table->bits;
  while (IsFull(table->used + more, size_t{1} << bits)) bits++;
  if (table->slots == nullptr || bits > table->bits) Grow<Slot>(table, bits, arena);
}

// What the slot points to is copied if it is new.
template <class Slot>
void Insert(Table* table, Slot slot, uint32_t hash, ArenaAllocator& arena) {
  if (slot.IsZero()) {
    table->has_zero = true;
    return;
  }
  if (table->slots == nullptr) Grow<Slot>(table, Table::kFirstBits, arena);
  Slot* place = Probe(*table, slot, hash);
  if (!place->IsZero()) return;
  if (IsFull(table->used + 1, table->capacity())) {
    Grow<Slot>(table, static_cast<uint8_t>(table->bits + 1), arena);
    place = Probe(*table, slot, hash);
  }
  slot.Own(arena);
  *place = slot;
  table->used++;
}

// -0 is 0, and one NaN is every NaN.
template <class Float>
Float Canonical(Float value) {
  if (value == 0) return 0;
  return std::isnan(value) ? std::numeric_limits<Float>::quiet_NaN() : value;
}

// How a value of one physical type becomes a slot and back.
template <class Value>
struct Plain {
  using Slot = std::conditional_t<sizeof(Value) <= 8, OneWord, TwoWords>;
  static Slot ToSlot(Value value) {
    if constexpr (std::is_floating_point_v<Value>) value = Canonical(value);
    Slot slot{};
    std::memcpy(&slot, &value, sizeof(Value));
    return slot;
  }
  static void Write(const Slot& slot, Vector& out, idx_t row) {
    std::memcpy(FlatVector::GetData(out) + row * sizeof(Value), &slot, sizeof(Value));
  }
  using Input = Value;
  static Vector& Prepare(Vector& values, idx_t, std::optional<Vector>&) { return values; }
};

// A month is 30 days, a day 24 hours: as GROUP BY has it, and comparisons.
struct Intervals : Plain<duckdb::interval_t> {
  static Slot ToSlot(duckdb::interval_t value) { return Plain<duckdb::interval_t>::ToSlot(value.Normalize()); }
};

struct Strings {
  using Slot = Text;
  using Input = string_t;
  static Slot ToSlot(string_t value) { return Text::Of(value); }
  static void Write(const Slot& slot, Vector& out, idx_t row) {
    FlatVector::GetData<string_t>(out)[row] = duckdb::StringVector::AddStringOrBlob(out, slot.AsString());
  }
  static Vector& Prepare(Vector& values, idx_t, std::optional<Vector>&) { return values; }
};

struct SortKeys : Strings {
  static void Write(const Slot& slot, Vector& out, idx_t row) {
    duckdb::CreateSortKeyHelpers::DecodeSortKey(slot.AsString(), out, row, kKeyOrder);
  }
  static Vector& Prepare(Vector& values, idx_t count, std::optional<Vector>& keys) {
    keys.emplace(LogicalType::BLOB, count);
    duckdb::CreateSortKeyHelpers::CreateSortKey(values, count, kKeyOrder, *keys);
    return *keys;
  }
};

idx_t StateBytes(const AggregateFunction&) {
  return sizeof(Table);
}
void Initialize(const AggregateFunction&, duckdb::data_ptr_t state) {
  *reinterpret_cast<Table*>(state) = {nullptr, 0, 0, false};
}
// Row i of the vector, as it lies in memory: DuckDB's own accessor checks the type at every call.
template <class Value>
const Value& At(const UnifiedVectorFormat& format, idx_t i) {
  return reinterpret_cast<const Value*>(format.data)[format.sel->get_index(i)];
}
Table* State(const UnifiedVectorFormat& states, idx_t i) {
  return At<Table*>(states, i);
}

// Rows that wait for their second and third pass.
template <class Slot>
class Inserter {
 public:
  explicit Inserter(ArenaAllocator& arena) : arena_(arena) {}
  void Add(Table* table, const Slot& slot) {
    const uint32_t hash = slot.Hash();
    if (table->slots != nullptr) __builtin_prefetch(SlotsOf<Slot>(*table) + (hash >> (32 - table->bits)));
    waiting_[count_++] = {table, hash, slot};
    if (count_ == waiting_.size()) Flush();
  }
  void Flush() {
    for (size_t i = 0; i < count_; i++) {
      const Row& row = waiting_[i];
      if (row.table->slots == nullptr) continue;
      (SlotsOf<Slot>(*row.table) + (row.hash >> (32 - row.table->bits)))->Prefetch();
    }
    for (size_t i = 0; i < count_; i++) Insert(waiting_[i].table, waiting_[i].slot, waiting_[i].hash, arena_);
    count_ = 0;
  }

 private:
  struct Row {
    Table* table;
    uint32_t hash;
    Slot slot;
  };
  ArenaAllocator& arena_;
  std::array<Row, 64> waiting_;
  size_t count_ = 0;
};

template <class Kind>
void AddValues(Vector inputs[], AggregateInputData& data, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat nulls, values, targets;
  inputs[0].ToUnifiedFormat(count, nulls);
  std::optional<Vector> keys;
  Kind::Prepare(inputs[0], count, keys).ToUnifiedFormat(count, values);
  states.ToUnifiedFormat(count, targets);
  Inserter<typename Kind::Slot> inserter(data.allocator);
  for (idx_t i = 0; i < count; i++) {
    if (!nulls.validity.RowIsValid(nulls.sel->get_index(i))) continue;
    inserter.Add(State(targets, i), Kind::ToSlot(At<typename Kind::Input>(values, i)));
  }
  inserter.Flush();
}

template <class Kind>
void AddLists(Vector inputs[], AggregateInputData& data, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat lists, values, targets;
  inputs[0].ToUnifiedFormat(count, lists);
  states.ToUnifiedFormat(count, targets);
  Vector& child = ListVector::GetEntry(inputs[0]);
  const idx_t children = ListVector::GetListSize(inputs[0]);
  std::optional<Vector> keys;
  Kind::Prepare(child, children, keys).ToUnifiedFormat(children, values);
  Inserter<typename Kind::Slot> inserter(data.allocator);
  for (idx_t i = 0; i < count; i++) {
    if (!lists.validity.RowIsValid(lists.sel->get_index(i))) continue;
    const auto list = At<duckdb::list_entry_t>(lists, i);
    if (list.length > 1) Reserve<typename Kind::Slot>(State(targets, i), list.length, data.allocator);
    for (idx_t value = list.offset; value < list.offset + list.length; value++) {
      inserter.Add(State(targets, i), Kind::ToSlot(At<typename Kind::Input>(values, value)));
    }
  }
  inserter.Flush();
}

template <class Kind>
void Combine(Vector& from, Vector& into, AggregateInputData& data, idx_t count) {
  using Slot = typename Kind::Slot;
  UnifiedVectorFormat sources, targets;
  from.ToUnifiedFormat(count, sources);
  into.ToUnifiedFormat(count, targets);
  Inserter<Slot> inserter(data.allocator);
  for (idx_t i = 0; i < count; i++) {
    const Table& source = *State(sources, i);
    Table* target = State(targets, i);
    target->has_zero |= source.has_zero;
    if (source.used > 0) Reserve<Slot>(target, source.used, data.allocator);
    for (size_t at = 0; at < source.capacity(); at++) {
      const Slot& slot = SlotsOf<Slot>(source)[at];
      if (!slot.IsZero()) inserter.Add(target, slot);
    }
  }
  inserter.Flush();
}

template <class Kind>
void Finalize(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  using Slot = typename Kind::Slot;
  UnifiedVectorFormat sources;
  states.ToUnifiedFormat(count, sources);
  idx_t total = ListVector::GetListSize(result);
  auto* entries = FlatVector::GetData<duckdb::list_entry_t>(result);
  for (idx_t i = 0; i < count; i++) {
    entries[offset + i] = {total, State(sources, i)->size()};
    total += entries[offset + i].length;
  }
  ListVector::Reserve(result, total);
  ListVector::SetListSize(result, total);
  Vector& child = ListVector::GetEntry(result);
  for (idx_t i = 0; i < count; i++) {
    const Table& source = *State(sources, i);
    idx_t row = entries[offset + i].offset;
    if (source.has_zero) Kind::Write(Slot{}, child, row++);
    for (size_t at = 0; at < source.capacity(); at++) {
      const Slot& slot = SlotsOf<Slot>(source)[at];
      if (at + 16 < source.capacity()) (&slot)[16].Prefetch();
      if (!slot.IsZero()) Kind::Write(slot, child, row++);
    }
  }
}

template <class Kind>
AggregateFunction Function(const LogicalType& element, bool of_lists) {
  const LogicalType list = LogicalType::LIST(element);
  return AggregateFunction(of_lists ? "merge_distinct" : "distinct_values", {of_lists ? list : element}, list,
                           StateBytes, Initialize, of_lists ? AddLists<Kind> : AddValues<Kind>, Combine<Kind>,
                           Finalize<Kind>, duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING);
}

AggregateFunction FunctionFor(const LogicalType& element, bool of_lists) {
  switch (element.InternalType()) {
    case PhysicalType::BOOL:
    case PhysicalType::INT8:
    case PhysicalType::UINT8:
      return Function<Plain<uint8_t>>(element, of_lists);
    case PhysicalType::INT16:
    case PhysicalType::UINT16:
      return Function<Plain<uint16_t>>(element, of_lists);
    case PhysicalType::INT32:
    case PhysicalType::UINT32:
      return Function<Plain<uint32_t>>(element, of_lists);
    case PhysicalType::INT64:
    case PhysicalType::UINT64:
      return Function<Plain<uint64_t>>(element, of_lists);
    case PhysicalType::INT128:
    case PhysicalType::UINT128:
      return Function<Plain<TwoWords>>(element, of_lists);
    case PhysicalType::FLOAT:
      return Function<Plain<float>>(element, of_lists);
    case PhysicalType::DOUBLE:
      return Function<Plain<double>>(element, of_lists);
    case PhysicalType::INTERVAL:
      return Function<Intervals>(element, of_lists);
    case PhysicalType::VARCHAR:
      return Function<Strings>(element, of_lists);
    default:
      return Function<SortKeys>(element, of_lists);
  }
}

}  // namespace

AggregateExpression DistinctValues(AggregateExpression values) {
  AggregateFunction function = FunctionFor(values->return_type, false);
  return CallOwnAggregate(std::move(function), std::move(values), nullptr, OneRow::kList);
}

AggregateExpression MergeDistinctValues(AggregateExpression lists) {
  AggregateFunction function = FunctionFor(duckdb::ListType::GetChildType(lists->return_type), true);
  return CallOwnAggregate(std::move(function), std::move(lists));
}

}  // namespace laminar
