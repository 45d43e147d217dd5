// The command line: `laminar COMMAND ...`.
#pragma once

namespace laminar {

// Exit codes: 0 done, 1 failed while running, 2 wrong input.
int Main(int argc, char** argv);

}  // namespace laminar
