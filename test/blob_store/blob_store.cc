// Does with a store of checkpoints what stdin says, for tests in other languages: blob_store URL-OR-DIRECTORY
//   put NAME FILE, create NAME FILE   the blob gets the file's bytes
//   get NAME FILE                     the file gets the blob's bytes
//   list PREFIX                       "." = everything
//   delete NAME
// One line of answer each: ok, true, false, none, "entries NAME=BYTES ...", or "error KIND CODE MESSAGE | HINT".
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "aws_stores/s3_store.h"
#include "state/directory_store.h"

namespace laminar {
namespace {

std::string Describe(const Status& status) {
  if (status.ok()) return "ok";
  return std::string("error ") + (status.kind() == StatusKind::kUser ? "user " : "environment ") +
         (status.code().empty() ? "-" : status.code()) + " " + status.message() + " | " + status.hint();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Do(BlobStore* store, const std::string& command, const std::string& name, const std::string& path) {
  if (command == "put") return Describe(store->Put(name, ReadFile(path)));
  if (command == "delete") return Describe(store->Delete(name));
  if (command == "create") {
    const auto created = store->Create(name, ReadFile(path));
    return created.ok() ? (*created ? "true" : "false") : Describe(created.status());
  }
  if (command == "get") {
    const auto bytes = store->Get(name);
    if (!bytes.ok()) return Describe(bytes.status());
    if (!bytes->has_value()) return "none";
    std::ofstream(path, std::ios::binary) << **bytes;
    return "ok";
  }
  if (command == "list") {
    const auto entries = store->List(name == "." ? "" : name);
    if (!entries.ok()) return Describe(entries.status());
    std::string line = "entries";
    for (const auto& entry : *entries) line += " " + entry.name + "=" + std::to_string(entry.bytes);
    return line;
  }
  return "error user - no command " + command + " | ";
}

Result<std::unique_ptr<BlobStore>> Open(const std::string& where, const Clock* clock) {
  if (IsS3Url(where)) return OpenS3Store(where, {.clock = clock, .seed = 1});
  ASSIGN_OR_RETURN(std::unique_ptr<BlobStore> store, DirectoryStore::Open(where, DirectoryStore::Mode::kShare));
  return store;
}

int Main(const std::string& where) {
  const SystemClock clock;
  const auto store = Open(where, &clock);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command, name, path;
    words >> command >> name >> path;
    std::printf("%s\n", (store.ok() ? Do(store->get(), command, name, path) : Describe(store.status())).c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace laminar

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return laminar::Main(argv[1]);
}
