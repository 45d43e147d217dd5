#include <fcntl.h>
#include <unistd.h>

#include "cli/app.h"

// Whoever starts us with a standard stream closed must not find his rows, or our log, in the next file or connection
// that gets its number. Reading or writing it fails instead: each is opened the wrong way round.
static void HoldStandardStreams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) _exit(1);  // takes the lowest free number: fd
  }
}

int main(int argc, char** argv) {
  HoldStandardStreams();
  return laminar::Main(argc, argv);
}
