// Sums over sliding frames.
//
// Of integers and DECIMAL: what enters is added, what leaves is subtracted, in 192 bits, so that the sum is exact
// whatever it was on the way; it is out of range only where DuckDB's own would be.
//
// Of floats: subtracting would leave rounding errors behind, and infinities for ever. Two stacks instead (the classic
// queue made of two stacks, e.g. Tangwongsan, Hirzel, Schneider, "Low-latency sliding-window aggregation in worst-case
// constant time", DEBS 2017, section 3): the older part of the frame holds for each row the sum from it to the part's
// end, so that rows leave by forgetting; the newer part has one running sum. When the older part is used up, the newer
// one becomes it. Each row is added twice.
#include "duckdb/common/types.hpp"

#include "stream/over/frame_engine.h"
#include "stream/over/make_engine.h"

namespace laminar {

namespace {

using Int128 = __int128;
using UInt128 = unsigned __int128;

struct WideSum {
  UInt128 low = 0;
  int64_t high = 0;

  void Add(Int128 value) {
    const auto bits = static_cast<UInt128>(value);
    low += bits;
    high += (low < bits ? 1 : 0) - (value < 0 ? 1 : 0);
  }
  void Subtract(Int128 value) {
    const auto bits = static_cast<UInt128>(value);
    high -= (low < bits ? 1 : 0) - (value < 0 ? 1 : 0);
    low -= bits;
  }
  bool Fits() const { return high == (static_cast<Int128>(low) < 0 ? -1 : 0); }
  Int128 value() const { return static_cast<Int128>(low); }
  void Save(std::string* bytes) const {
    AppendFixed(low, bytes);
    AppendFixed(high, bytes);
  }
  bool Restore(ByteReader* saved) { return saved->ReadFixed(&low) && saved->ReadFixed(&high); }
};

// 128 bits hold every sum of narrower values.
struct NarrowSum {
  Int128 sum = 0;
  void Add(Int128 value) { sum += value; }
  void Subtract(Int128 value) { sum -= value; }
  static bool Fits() { return true; }
  Int128 value() const { return sum; }
  void Save(std::string* bytes) const { AppendFixed(sum, bytes); }
  bool Restore(ByteReader* saved) { return saved->ReadFixed(&sum); }
};

template <class V>
struct ExactSum {
  using Value = V;
  struct State {
    std::conditional_t<sizeof(V) == 16, WideSum, NarrowSum> sum;
    int64_t count = 0;
    void Clear(int64_t*) {}
  };
  bool average = false;
  long double scale = 1;  // of a DECIMAL: its average is a DOUBLE

  static Value Load(const FlatColumn& column, size_t row) { return static_cast<const V*>(column.data)[row]; }
  static void Enter(State& state, Value value, int64_t*) {
    state.sum.Add(value);
    state.count++;
  }
  template <class Entries>
  static void Leave(State& state, const Entries& ring, uint32_t begin, uint32_t, int64_t*) {
    state.sum.Subtract(ring[begin].value);
    state.count--;
  }
  bool Write(const State& state, const OverResult& result, size_t row) const {
    if (state.count == 0) {
      result.SetNull(row);
      return true;
    }
    if (!state.sum.Fits()) return false;
    if (average) {
      static_cast<double*>(result.data)[row] =
          static_cast<double>(static_cast<long double>(state.sum.value()) / (state.count * scale));
    } else {
      static_cast<Int128*>(result.data)[row] = state.sum.value();
    }
    return true;
  }
  static void Save(const State& state, std::string* bytes) {
    AppendFixed(state.count, bytes);
    state.sum.Save(bytes);
  }
  template <class Entries>
  static bool Restore(State& state, const Entries&, uint32_t, uint32_t, ByteReader* saved, int64_t*) {
    return saved->ReadFixed(&state.count) && state.sum.Restore(saved);
  }
};

template <class V>
struct FloatSum {
  using Value = double;
  struct State {
    Ring<double> older;  // the sum from the frame's last older row to the part's end, ..., that from its first
    double newer = 0;
    int64_t count = 0;
    void Clear(int64_t* bytes) { older.Clear(bytes); }
  };
  bool average = false;

  template <class Entries>
  static void MakeOlder(State& state, const Entries& ring, uint32_t begin, uint32_t end, int64_t* bytes) {
    state.older.Reserve(end - begin, bytes);
    double sum = 0;
    for (uint32_t i = end; i-- > begin;) {
      if (ring[i].counts) state.older.PushBack(sum += ring[i].value, UINT32_MAX, bytes);
    }
  }
  static Value Load(const FlatColumn& column, size_t row) { return static_cast<const V*>(column.data)[row]; }
  static void Enter(State& state, Value value, int64_t*) {
    state.newer += value;
    state.count++;
  }
  template <class Entries>
  static void Leave(State& state, const Entries& ring, uint32_t begin, uint32_t end, int64_t* bytes) {
    if (state.older.empty()) {
      MakeOlder(state, ring, begin, end, bytes);
      state.newer = 0;
    }
    state.older.PopBack();
    if (state.older.empty()) state.older.Clear(bytes);
    state.count--;
  }
  bool Write(const State& state, const OverResult& result, size_t row) const {
    if (state.count == 0) {
      result.SetNull(row);
      return true;
    }
    const double sum = state.older.empty() ? state.newer : state.older.back() + state.newer;
    static_cast<double*>(result.data)[row] = average ? sum / static_cast<double>(state.count) : sum;
    return true;
  }
  // How many rows are the older part. What it holds is then the same sums to the last bit.
  static void Save(const State& state, std::string* bytes) {
    AppendFixed(state.count, bytes);
    AppendFixed(state.newer, bytes);
    AppendFixed(state.older.size(), bytes);
  }
  template <class Entries>
  static bool Restore(State& state, const Entries& ring, uint32_t begin, uint32_t end, ByteReader* saved,
                      int64_t* bytes) {
    uint32_t older = 0;
    if (!saved->ReadFixed(&state.count) || !saved->ReadFixed(&state.newer) || !saved->ReadFixed(&older)) return false;
    uint32_t middle = begin;
    for (uint32_t rows = 0; rows < older; middle++) {
      if (middle == end) return false;
      if (ring[middle].counts) rows++;
    }
    if (older > 0) MakeOlder(state, ring, begin, middle, bytes);
    return true;
  }
};

template <class V>
std::unique_ptr<OverEngine> MakeExact(const OverFunction& function, const duckdb::LogicalType& type) {
  ExactSum<V> sum;
  sum.average = function.name == "avg";
  if (type.id() == duckdb::LogicalTypeId::DECIMAL) {
    for (int i = 0; i < duckdb::DecimalType::GetScale(type); i++) sum.scale *= 10;
  }
  return MakeFrameEngine(function, sum);
}

template <class V>
std::unique_ptr<OverEngine> MakeFloat(const OverFunction& function) {
  FloatSum<V> sum;
  sum.average = function.name == "avg";
  return MakeFrameEngine(function, sum);
}

}  // namespace

std::unique_ptr<OverEngine> MakeSumEngine(const OverFunction& function, const Schema& input) {
  const bool average = function.name == "avg";
  if ((function.name != "sum" && !average) || function.distinct || function.arguments.size() != 1) return nullptr;
  using enum duckdb::PhysicalType;
  const duckdb::LogicalType& type = *input[function.arguments[0]].type;
  const duckdb::PhysicalType result = function.type->InternalType();
  if (!type.IsNumeric()) return nullptr;  // INTERVAL, TIMESTAMP, BOOLEAN
  if (type.InternalType() == FLOAT && result == DOUBLE) return MakeFloat<float>(function);
  if (type.InternalType() == DOUBLE && result == DOUBLE) return MakeFloat<double>(function);
  if (result != (average ? DOUBLE : INT128)) return nullptr;
  switch (type.InternalType()) {
    case INT8:
      return MakeExact<int8_t>(function, type);
    case INT16:
      return MakeExact<int16_t>(function, type);
    case INT32:
      return MakeExact<int32_t>(function, type);
    case INT64:
      return MakeExact<int64_t>(function, type);
    case INT128:
      return MakeExact<Int128>(function, type);
    case UINT8:
      return MakeExact<uint8_t>(function, type);
    case UINT16:
      return MakeExact<uint16_t>(function, type);
    case UINT32:
      return MakeExact<uint32_t>(function, type);
    case UINT64:
      return MakeExact<uint64_t>(function, type);
    default:
      return nullptr;
  }
}

}  // namespace laminar
