// CHECK: an invariant of ours, kept in release builds. A failure is a bug in Laminar, never the user's fault: it prints
// where and aborts.
#pragma once

namespace laminar {

[[noreturn]] void CheckFailed(const char* file, int line, const char* expression, const char* explanation);

}  // namespace laminar

#define LAMINAR_CHECK_2(condition, explanation)                            \
  do {                                                                     \
    if (!(condition)) [[unlikely]]                                         \
      ::laminar::CheckFailed(__FILE__, __LINE__, #condition, explanation); \
  } while (0)
#define CHECK_MSG(condition, explanation) LAMINAR_CHECK_2(condition, explanation)
#define CHECK(condition) LAMINAR_CHECK_2(condition, "")
