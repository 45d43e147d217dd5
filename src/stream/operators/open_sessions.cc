// ends_ is a heap with one entry a session, which is not moved when the session grows: when an entry comes up whose
// session has grown since, it goes back with the time of today. That happens at most once a gap of event time for each
// session, so a row costs a look-up and sometimes the logarithm of the number of sessions.
#include "stream/operators/open_sessions.h"

#include <algorithm>

#include "base/check.h"

namespace laminar {

namespace {

std::span<const uint32_t> List(const uint32_t& only, const std::vector<uint32_t>* many, uint32_t none) {
  if (many) return *many;
  return {&only, only == none ? 0U : 1U};
}

}  // namespace

bool OpenSessions::Later(const End& a, const End& b) {
  return a.last != b.last ? a.last > b.last : a.order > b.order;
}

OpenSessions::Found OpenSessions::Add(std::string_view key, uint64_t hash, int64_t time, int64_t watermark) {
  const bool late = time + gap_ <= watermark;
  bool new_key = false;
  const uint32_t number = late ? keys_.Find(key, hash) : keys_.FindOrAdd(key, hash, &new_key);
  if (number == KeyTable::kNotFound) return {};
  if (number >= by_key_.size()) by_key_.resize(number + 1);
  KeySessions& sessions = by_key_[number];

  // The first session that does not end before the row: the row may touch it and the next one.
  const std::span<const uint32_t> list = List(sessions.only, sessions.many.get(), kLate);
  const auto ends_before = [&](uint32_t session, int64_t t) { return sessions_[session].last + gap_ <= t; };
  const size_t at = std::lower_bound(list.begin(), list.end(), time, ends_before) - list.begin();
  const auto touches = [&](size_t i) { return i < list.size() && time + gap_ > sessions_[list[i]].first; };
  if (!touches(at)) {
    if (late) return {};
    const uint32_t created = Create(number, time);
    Insert(&sessions, at, created);
    sessions.sessions++;
    return {created, true, kLate};
  }
  Found found{list[at], false, kLate};
  Session& session = sessions_[found.session];
  session.first = std::min(session.first, time);
  session.last = std::max(session.last, time);
  if (touches(at + 1)) {
    found.joined = list[at + 1];
    Join(&session, found.joined, &sessions);
  }
  return found;
}

uint32_t OpenSessions::Restore(std::string_view key, uint64_t hash, int64_t first, int64_t last) {
  bool new_key = false;
  const uint32_t number = keys_.FindOrAdd(key, hash, &new_key);
  if (number >= by_key_.size()) by_key_.resize(number + 1);
  KeySessions& sessions = by_key_[number];
  const std::span<const uint32_t> list = List(sessions.only, sessions.many.get(), kLate);
  const size_t at = std::lower_bound(list.begin(), list.end(), first,
                                     [&](uint32_t session, int64_t time) { return sessions_[session].first < time; }) -
                    list.begin();
  const uint32_t created = Create(number, first);
  sessions_[created].last = last;
  Insert(&sessions, at, created);
  sessions.sessions++;
  return created;
}

uint32_t OpenSessions::Create(uint32_t key, int64_t time) {
  const uint32_t number = numbers_.Take();
  if (number >= sessions_.size()) sessions_.resize(number + 1);
  sessions_[number] = {time, time, key, false};
  ends_.push_back({time, next_order_++, number});
  std::push_heap(ends_.begin(), ends_.end(), Later);
  open_++;
  return number;
}

void OpenSessions::Join(Session* into, uint32_t number, KeySessions* sessions) {
  Session& joined = sessions_[number];
  into->last = std::max(into->last, joined.last);
  joined.joined = true;
  Remove(sessions, number);
  sessions->sessions--;
  open_--;
}

void OpenSessions::Insert(KeySessions* sessions, size_t at, uint32_t session) {
  if (!sessions->many && sessions->only == kLate) {
    sessions->only = session;
    return;
  }
  if (!sessions->many)
    sessions->many = std::make_unique<std::vector<uint32_t>>(1, std::exchange(sessions->only, kLate));
  sessions->many->insert(sessions->many->begin() + static_cast<ptrdiff_t>(at), session);
}

void OpenSessions::Remove(KeySessions* sessions, uint32_t session) {
  if (!sessions->many) {
    CHECK(sessions->only == session);
    sessions->only = kLate;
    return;
  }
  std::erase(*sessions->many, session);
  if (sessions->many->size() > 1) return;
  sessions->only = sessions->many->front();
  sessions->many.reset();
}

void OpenSessions::PopEnd() {
  std::pop_heap(ends_.begin(), ends_.end(), Later);
  ends_.pop_back();
  if (ends_.size() < ends_.capacity() / 4) ends_.shrink_to_fit();
}

bool OpenSessions::AnyEnds(int64_t watermark) {
  while (!ends_.empty() && ends_.front().last + gap_ <= watermark) {
    const End end = ends_.front();
    const Session& session = sessions_[end.session];
    if (!session.joined && session.last == end.last) return true;
    PopEnd();
    if (session.joined) {
      numbers_.Release(end.session);
      continue;
    }
    ends_.push_back({session.last, end.order, end.session});
    std::push_heap(ends_.begin(), ends_.end(), Later);
  }
  NumberPool::FitTo(&sessions_, numbers_.end());
  return false;
}

uint32_t OpenSessions::TakeFirst() {
  const uint32_t session = ends_.front().session;
  PopEnd();
  Remove(&by_key_[sessions_[session].key], session);
  open_--;
  return session;
}

void OpenSessions::Forget(uint32_t session) {
  const uint32_t key = sessions_[session].key;
  numbers_.Release(session);
  if (--by_key_[key].sessions > 0) return;
  by_key_[key] = KeySessions();
  keys_.Erase(key);
  if (keys_.end_number() < by_key_.size() / 4) {
    by_key_.resize(keys_.end_number());
    by_key_.shrink_to_fit();
  }
}

int64_t OpenSessions::bytes() const {
  return keys_.bytes() + static_cast<int64_t>(by_key_.capacity() * sizeof(KeySessions) + numbers_.bytes() +
                                              sessions_.capacity() * sizeof(Session) + ends_.capacity() * sizeof(End) +
                                              open_ * sizeof(uint32_t));
}

}  // namespace laminar
