// OpenSessions: the sessions of all keys that may still grow, without what is computed over them: which session a row
// belongs to, which sessions it joins, which ones end. Sessions of a key are at least the gap apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "state/key_codec.h"
#include "state/key_table.h"
#include "state/number_pool.h"
#include "stream/operators/panes.h"

namespace laminar {

class OpenSessions {
 public:
  explicit OpenSessions(int64_t gap_micros) : gap_(gap_micros) {}

  static constexpr uint32_t kLate = UINT32_MAX;
  struct Found {
    uint32_t session = kLate;
    bool created = false;
    uint32_t joined = kLate;  // a session that is gone: it has become part of `session`
  };
  // The session that a row belongs to from now on. kLate: its own would end at or before `watermark`, and it touches
  // none that is open.
  Found Add(std::string_view key, uint64_t hash, int64_t time, int64_t watermark);

  // A session of a checkpoint: its rows' first and last time. It touches none that is there.
  uint32_t Restore(std::string_view key, uint64_t hash, int64_t first, int64_t last);
  // Calls take(session) for each open one; none was taken and not forgotten.
  template <class Take>
  void ForEach(const Take& take) const {
    for (const KeySessions& sessions : by_key_) {
      if (sessions.only != kLate) take(sessions.only);
      if (!sessions.many) continue;
      for (const uint32_t session : *sessions.many) take(session);
    }
  }
  uint64_t hash(uint32_t session) const { return keys_.hash(sessions_[session].key); }
  int64_t last(uint32_t session) const { return sessions_[session].last; }

  // Whether a session ends at or before `watermark`.
  bool AnyEnds(int64_t watermark);
  // The one that ends first: it is no longer open, but keeps its number and key until Forget. Requires AnyEnds.
  uint32_t TakeFirst();
  // Of an open session, or one that was taken.
  TimeRange range(uint32_t session) const { return {sessions_[session].first, sessions_[session].last + gap_}; }
  std::string_view key(uint32_t session) const { return keys_.key(sessions_[session].key); }
  void Forget(uint32_t session);  // a key without sessions goes with it

  size_t size() const { return open_; }
  uint32_t end_number() const { return numbers_.end(); }  // above every session's number
  int64_t bytes() const;

 private:
  struct Session {
    int64_t first = 0, last = 0;  // times of rows
    uint32_t key = 0;             // number in keys_
    bool joined = false;          // into another; only waits to be found in ends_
  };
  // Nearly every key has one session; more are sorted by time.
  struct KeySessions {
    uint32_t only = kLate;
    uint32_t sessions = 0;                        // open, or taken and not forgotten
    std::unique_ptr<std::vector<uint32_t>> many;  // at least two; `only` is kLate
  };
  struct End {
    int64_t last;  // Session::last at some time; it may be later now
    uint64_t order;
    uint32_t session;
  };
  static bool Later(const End& a, const End& b);

  uint32_t Create(uint32_t key, int64_t time);
  void Join(Session* into, uint32_t number, KeySessions* sessions);
  static void Insert(KeySessions* sessions, size_t at, uint32_t session);
  static void Remove(KeySessions* sessions, uint32_t session);
  void PopEnd();

  const int64_t gap_;
  KeyTable keys_;
  std::vector<KeySessions> by_key_;  // by the key's number
  NumberPool numbers_;
  std::vector<Session> sessions_;
  std::vector<End> ends_;  // a heap, the earliest first: one entry for each session, those that were joined too
  uint64_t next_order_ = 0;
  size_t open_ = 0;
};

}  // namespace laminar
