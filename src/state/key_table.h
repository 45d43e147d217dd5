// KeyTable: keys (the bytes of a KeyCodec) to dense numbers 0, 1, 2, ... in the order of their arrival; numbers of
// erased keys are given out again. Open addressing over the keys' hashes; the bytes lie in blocks of the table's own.
// Starts small: a table with a few keys costs a few hundred bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace laminar {

class KeyTable {
 public:
  KeyTable();
  ~KeyTable();
  KeyTable(KeyTable&&) noexcept;
  KeyTable& operator=(KeyTable&&) noexcept;

  static constexpr uint32_t kNotFound = UINT32_MAX;

  // The key's number; a new one if it is not there yet (*created).
  uint32_t FindOrAdd(std::string_view key, uint64_t hash, bool* created);
  // The same for many keys, in their order: what one is compared with is fetched while others are. numbers[i] is of
  // keys[i]; created: the i whose keys are new.
  void FindOrAdd(std::span<const std::string_view> keys, std::span<const uint64_t> hashes,
                 std::vector<uint32_t>* numbers, std::vector<uint32_t>* created);
  uint32_t Find(std::string_view key, uint64_t hash) const;
  // For large tables: key() and Erase of a number come soon: first the one, some calls later the other.
  void PrefetchNumber(uint32_t number) const;
  void PrefetchKey(uint32_t number) const;
  void Erase(uint32_t number);                  // its memory is used again by later keys or given back
  std::string_view key(uint32_t number) const;  // valid until the next Erase
  uint64_t hash(uint32_t number) const;
  size_t size() const;          // keys that are there
  uint32_t end_number() const;  // above every number in use
  int64_t bytes() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace laminar
