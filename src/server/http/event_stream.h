// EventStream: Server-Sent Events on their way from whoever has them to one client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace laminar::server {

// Thread-safe.
class EventStream {
 public:
  // A client that takes less than comes loses events beyond this, and is told so.
  static constexpr size_t kMostBytes = 1 << 20;

  // name: what the client listens for, no line break; data: any text. False: the client has gone, or it was left out.
  bool Send(std::string_view name, std::string_view data);
  // No more comes.
  void End();
  // The client has gone.
  void Close();
  bool closed() const;

  // Before the first Take: it is asked every so many of them, on the server's thread, whether the client may still have
  // what comes. False: what is not sent yet never is, and the stream ends.
  static constexpr int kTakesUntilAsked = 20;  // two seconds where no events come
  void WhileAllowed(std::function<bool()> allowed);

  // For the server: the bytes to send next; "" = none yet. *ended: none will come.
  std::string Take(bool* ended);

 private:
  mutable std::mutex mutex_;
  std::string bytes_;                    // guarded by mutex_
  uint64_t left_out_ = 0;                // guarded by mutex_: events since the last that was kept
  bool ended_ = false, closed_ = false;  // guarded by mutex_
  std::function<bool()> allowed_;        // of the server's thread, as the next; empty: it always is
  int takes_ = 0;
};

}  // namespace laminar::server
