#include "formats/secrets.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace laminar {

namespace {

constexpr size_t kMostSecretBytes = 64 << 10;

constexpr std::pair<std::string_view, SecretReference::Kind> kKinds[] = {{"env.", SecretReference::Kind::kEnv},
                                                                         {"file.", SecretReference::Kind::kFile},
                                                                         {"sealed.", SecretReference::Kind::kSealed}};

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool IsVariable(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

class ProcessSecrets final : public Secrets {
 public:
  explicit ProcessSecrets(SecretSources sources) : sources_(std::move(sources)) {}

  Status Check(std::string_view option, std::string_view value) const override {
    ASSIGN_OR_RETURN(const auto reference, ParseSecretReference(value));
    if (!reference) return Status::Ok();
    switch (reference->kind) {
      case SecretReference::Kind::kEnv:
        return CheckVariable(option, reference->name);
      case SecretReference::Kind::kFile:
        return sources_.files.Check(reference->name).WithContext(std::string(option));
      case SecretReference::Kind::kSealed:
        break;
    }
    return Status::User(std::string(option) + " is sealed for a server", "Give the secret, or a reference to it");
  }

  Result<std::string> Reveal(std::string_view option, std::string_view value) const override {
    RETURN_IF_ERROR(Check(option, value));
    ASSIGN_OR_RETURN(const auto reference, ParseSecretReference(value));
    if (!reference) return std::string(value);
    if (reference->kind == SecretReference::Kind::kFile) return ReadFile(option, reference->name);
    std::string secret = sources_.environment(reference->name);
    if (!secret.empty()) return secret;
    return Status::User(
        "the environment variable " + reference->name + ", which " + std::string(option) + " names, is not set",
        "Set it where laminar is started");
  }

 private:
  Status CheckVariable(std::string_view option, const std::string& name) const {
    if (sources_.hidden_prefix.empty() || !name.starts_with(sources_.hidden_prefix)) return Status::Ok();
    return Status::User(std::string(option) + " names the environment variable " + name + ", which is the server's own",
                        "Name another variable: those that begin with " + sources_.hidden_prefix + " may not be used");
  }

  Result<std::string> ReadFile(std::string_view option, const std::string& path) const {
    const std::string what = "the file " + path + ", which " + std::string(option) + " names, ";
    Result<std::string> secret = sources_.files.Read(path, kMostSecretBytes);
    if (!secret.ok() && secret.status().kind() == StatusKind::kUser) return secret;
    if (!secret.ok()) {
      return Status::Environment(what + "cannot be read: " + secret.status().message(),
                                 "Check its path and its permissions");
    }
    if (secret->ends_with('\n')) secret->pop_back();
    if (secret->ends_with('\r')) secret->pop_back();
    if (secret->empty()) return Status::Environment(what + "is empty", "Write the secret into it");
    return secret;
  }

  const SecretSources sources_;
};

}  // namespace

Result<std::optional<SecretReference>> ParseSecretReference(std::string_view value) {
  const std::string_view text = Trimmed(value);
  std::optional<SecretReference> none;
  if (text.starts_with("${") && text.ends_with('}') && IsVariable(text.substr(2, text.size() - 3)))
    return std::optional(SecretReference{SecretReference::Kind::kEnv, std::string(text.substr(2, text.size() - 3))});
  if (!text.starts_with("{{")) return none;
  const Status wrong = Status::User("what begins with {{ is no reference",
                                    "Write {{ env.NAME }} or {{ file.PATH }}; a secret that begins so can only stand "
                                    "behind one");
  if (!text.ends_with("}}") || text.size() < 4) return wrong;
  const std::string_view inner = Trimmed(text.substr(2, text.size() - 4));
  for (const auto& [prefix, kind] : kKinds) {
    if (!inner.starts_with(prefix)) continue;
    const std::string_view name = inner.substr(prefix.size());
    if (name.empty() || (kind == SecretReference::Kind::kEnv && !IsVariable(name))) return wrong;
    return std::optional(SecretReference{kind, std::string(name)});
  }
  return wrong;
}

std::string SealedReference(std::string_view text) {
  return "{{ sealed." + std::string(text) + " }}";
}

std::unique_ptr<Secrets> MakeSecrets(SecretSources sources) {
  return std::make_unique<ProcessSecrets>(std::move(sources));
}

}  // namespace laminar
