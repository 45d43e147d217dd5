#include "server/console/embedded_files.h"

// The assembler copies the file: an array in C++ of the same bytes takes the compiler minutes.
asm(R"(
    .pushsection .rodata, "a", @progbits
    .global laminar_console_begin
    .global laminar_console_end
    .hidden laminar_console_begin
    .hidden laminar_console_end
laminar_console_begin:
    .incbin ")" LAMINAR_CONSOLE_PACK R"("
laminar_console_end:
    .popsection
)");

extern const char laminar_console_begin[] __attribute__((visibility("hidden")));
extern const char laminar_console_end[] __attribute__((visibility("hidden")));

namespace laminar::server {

std::string_view EmbeddedConsole() {
  return {laminar_console_begin, static_cast<size_t>(laminar_console_end - laminar_console_begin)};
}

}  // namespace laminar::server
