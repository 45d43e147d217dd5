// The sequences are those of xterm, which every terminal of today knows: 1049 the other screen, 25 the cursor, 7 the
// wrapping of lines.
#include "cli/client/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/check.h"

namespace laminar::cli {

namespace {

constexpr std::string_view kBegin = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J", kEnd = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr int kMostWaits = 100;  // of a millisecond
constexpr int kFatal[] = {SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

termios g_before;                     // written before g_taken is true
std::atomic<bool> g_taken{false};     // the terminal is ours
std::atomic<bool> g_drawing{false};   // a frame is on its way
volatile sig_atomic_t g_resized = 0;  // SIGWINCH came

void Put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
}

void OnFatal(int signal) {
  Screen::Restore();
  std::signal(signal, SIG_DFL);
  raise(signal);
}

}  // namespace

bool Screen::Possible() {
  const char* const terminal = std::getenv("TERM");
  return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

Screen::Screen() {
  CHECK(!g_taken);
  if (tcgetattr(STDIN_FILENO, &g_before) != 0) return;
  termios ours = g_before;
  ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  // Stopped, it would leave the terminal as it is.
  ours.c_cc[VSUSP] = _POSIX_VDISABLE;
  for (const int signal : kFatal) std::signal(signal, OnFatal);
  struct sigaction resized {};
  resized.sa_handler = [](int) { g_resized = 1; };
  sigaction(SIGWINCH, &resized, nullptr);  // without SA_RESTART: poll returns
  g_taken = true;
  tcsetattr(STDIN_FILENO, TCSANOW, &ours);
  Put(kBegin);
}

Screen::~Screen() {
  Restore();
  for (const int signal : kFatal) std::signal(signal, SIG_DFL);
  std::signal(SIGWINCH, SIG_DFL);
}

void Screen::Restore() {
  if (!g_taken.exchange(false)) return;
  // A frame that another thread draws would come behind the end. Its own thread, in a signal's handler, waits in vain.
  for (int i = 0; i < kMostWaits && g_drawing; i++) poll(nullptr, 0, 1);
  Put(kEnd);
  tcsetattr(STDIN_FILENO, TCSANOW, &g_before);
}

size_t Screen::rows() const {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

void Screen::Draw(std::string_view text) {
  // In one piece, from the top, each line wiped behind its end: nothing flickers.
  std::string frame = "\x1b[H";
  size_t left = rows();
  while (!text.empty() && left > 0) {
    const size_t end = std::min(text.find('\n'), text.size());
    frame += text.substr(0, end);
    frame += --left > 0 ? "\x1b[K\r\n" : "\x1b[K";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (left > 0) frame += "\x1b[J";
  g_drawing = true;
  if (g_taken) Put(frame);
  g_drawing = false;
}

int Screen::Key(int64_t timeout_millis) {
  if (g_resized != 0) {
    g_resized = 0;
    return 0;
  }
  pollfd in{STDIN_FILENO, POLLIN, 0};
  const int ready = poll(&in, 1, static_cast<int>(timeout_millis));
  if (ready < 0) return errno == EINTR ? 0 : -1;
  if (ready == 0) return 0;
  char key = 0;
  return read(STDIN_FILENO, &key, 1) == 1 ? static_cast<unsigned char>(key) : -1;
}

}  // namespace laminar::cli
