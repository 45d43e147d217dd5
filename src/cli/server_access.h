// What the clients of a server may use of this machine: files, and secrets with the key to those that the server keeps.
#pragma once

#include <memory>
#include <string>

#include "base/file_access.h"
#include "base/status.h"
#include "server/connections/server_secrets.h"

namespace CLI {
class App;
}

namespace laminar::cli {

struct ServerAccess {
  FileAccess files;
  std::unique_ptr<server::ServerSecrets> secrets;
};

struct ServerAccessArguments {
  std::string secret_key_file;  // --secret-key-file; "" = LAMINAR_SECRET_KEY, if that is set
  std::string secrets_dir;      // --secrets-dir; "" = no file is a secret
  std::string files_dir;        // --files-dir; "" = no file may be named
  void AddTo(CLI::App* command);
  // Error (kUser): the key is none, a directory is not there.
  Result<ServerAccess> Open() const;
};

}  // namespace laminar::cli
