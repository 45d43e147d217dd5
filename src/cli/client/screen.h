// Screen: a terminal of which one program has all, and that is as before when it ends, however it ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace laminar::cli {

// One at a time in a process.
class Screen {
 public:
  // Whether stdin and stdout are one that can be used so.
  static bool Possible();

  // The terminal's other screen, no cursor, keys without Enter. Signals that end the process, and abort(), put it back.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  size_t rows() const;
  // text: lines, no wider than the terminal; what is below the last row is left out.
  void Draw(std::string_view text);
  // Waits for a key, so long. 0: none has come, or the terminal's size has changed; -1: the terminal has gone.
  int Key(int64_t timeout_millis);

  // Puts the terminal back; nothing is drawn any more. On any thread, and in a signal's handler.
  static void Restore();
};

}  // namespace laminar::cli
