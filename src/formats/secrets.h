// Secrets: what stands in options that are secret (OptionSpec::secret) - the value itself, or a reference to where it
// stands, which is followed only when a connector is made:
//
//   {{ env.NAME }}      a variable of the process's environment; ${NAME} is the same
//   {{ file.PATH }}     a file's text, without the line break at its end
//   {{ sealed.TEXT }}   encrypted, as a server keeps it
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_access.h"
#include "base/status.h"

namespace laminar {

struct SecretReference {
  enum class Kind { kEnv, kFile, kSealed };
  Kind kind = Kind::kEnv;
  std::string name;  // of the variable or the file; what is sealed
};

// nullopt: the value is none. Error (kUser): it begins as a reference and is none.
Result<std::optional<SecretReference>> ParseSecretReference(std::string_view value);
// "{{ sealed.TEXT }}".
std::string SealedReference(std::string_view text);

// What the references of a process mean. Thread-safe.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // Whether that may stand in the option. Reads nothing. Error (kUser).
  virtual Status Check(std::string_view option, std::string_view value) const = 0;
  // The secret. Error: kUser = it may not be used, or its variable is not set; kEnvironment = its file cannot be read.
  // Neither tells a secret.
  virtual Result<std::string> Reveal(std::string_view option, std::string_view value) const = 0;
};

struct SecretSources {
  std::function<std::string(const std::string& name)> environment;  // "" = not set
  FileAccess files;                                                 // of {{ file.PATH }}
  // Variables that begin with this are nobody's business; "" = there are none.
  std::string hidden_prefix;
};

// References to the environment and to files; any text as the secret itself.
std::unique_ptr<Secrets> MakeSecrets(SecretSources sources);

}  // namespace laminar
