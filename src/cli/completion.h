// Shell completion, generated from the command line's own definition.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace laminar::cli {

// shell: bash, zsh or fish. app: the whole command line.
std::string CompletionScript(const CLI::App& app, const std::string& shell);

}  // namespace laminar::cli
