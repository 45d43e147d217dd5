#include "cli/server_access.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <utility>

#include "aws/environment.h"
#include "base/log.h"

namespace laminar::cli {

namespace {

constexpr char kKeyVariable[] = "LAMINAR_SECRET_KEY";
constexpr char kHiddenPrefix[] = "LAMINAR_";
constexpr size_t kMostKeyBytes = 4 << 10;

// What systemd hands to the unit (LoadCredential=); "": nothing.
std::string KeyOfTheUnit() {
  const std::string folder = aws::ProcessEnvironment()("CREDENTIALS_DIRECTORY");
  const std::string file = folder + "/laminar.secret-key";
  return !folder.empty() && access(file.c_str(), F_OK) == 0 ? file : "";
}

// nullopt: there is none.
Result<std::optional<server::SecretBox>> SecretKey(std::string file) {
  std::optional<server::SecretBox> key;
  std::string text = aws::ProcessEnvironment()(kKeyVariable);
  if (file.empty() && text.empty()) file = KeyOfTheUnit();
  std::string from = kKeyVariable;
  if (!file.empty()) {
    from = "--secret-key-file " + file;
    const Result<std::string> read = FileAccess::Any().Read(file, kMostKeyBytes);
    if (!read.ok()) return Status::User(from + ": " + read.status().message(), "Name a file with a key");
    text = *read;
    struct stat info {};
    if (stat(file.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
      LogWarning("others than its owner may read the key: chmod 600", {{"file", file}});
  }
  if (text.empty() && file.empty()) return key;
  ASSIGN_OR_RETURN(const server::SecretBox box, server::SecretBox::Make(text, from));
  key.emplace(box);
  return key;
}

Result<FileAccess> AccessTo(const std::string& folder, const char* option) {
  return folder.empty() ? Result<FileAccess>(FileAccess::None(option)) : FileAccess::Within(folder, option);
}

}  // namespace

void ServerAccessArguments::AddTo(CLI::App* command) {
  command
      ->add_option("--secret-key-file", secret_key_file,
                   "The key that secrets are encrypted with in the database: 32 bytes, in hex or base64 (default: "
                   "LAMINAR_SECRET_KEY; in a systemd unit its credential laminar.secret-key)")
      ->option_text("FILE");
  command
      ->add_option("--secrets-dir", secrets_dir,
                   "Where the files of {{ file.PATH }} lie, which stand for secrets (default: there are none)")
      ->option_text("DIR");
  command
      ->add_option("--files-dir", files_dir,
                   "Where the files lie that tables may name: single_file, dead letters, schemas (default: none)")
      ->option_text("DIR");
}

Result<ServerAccess> ServerAccessArguments::Open() const {
  ASSIGN_OR_RETURN(auto key, SecretKey(secret_key_file));
  ASSIGN_OR_RETURN(const FileAccess secret_files, AccessTo(secrets_dir, "--secrets-dir"));
  ASSIGN_OR_RETURN(const FileAccess files, AccessTo(files_dir, "--files-dir"));
  auto references = MakeSecrets({aws::ProcessEnvironment(), secret_files, kHiddenPrefix});
  return ServerAccess{files, std::make_unique<server::ServerSecrets>(std::move(references), std::move(key))};
}

}  // namespace laminar::cli
