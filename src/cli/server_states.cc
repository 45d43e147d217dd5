#include "cli/server_states.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <mutex>
#include <utility>

#include "aws_stores/s3_location.h"
#include "aws_stores/s3_store.h"
#include "cli/state_location.h"

namespace laminar::cli {

namespace {

class Places final : public server::StatePlaces {
 public:
  Places(std::string root, World* world) : root_(std::move(root)), world_(world) {}

  Result<std::unique_ptr<BlobStore>> Own(const std::string& pipeline_id) override {
    return Open(pipeline_id, /*read_only=*/false);
  }

  Result<std::unique_ptr<BlobStore>> Read(const std::string& pipeline_id) override {
    std::error_code ignored;
    if (!IsS3Url(root_) && !std::filesystem::exists(PlaceOf(pipeline_id), ignored)) return std::unique_ptr<BlobStore>();
    return Open(pipeline_id, /*read_only=*/true);
  }

  Status Delete(const std::string& pipeline_id) override {
    const std::string place = PlaceOf(pipeline_id);
    if (!IsS3Url(root_)) {
      std::error_code error;
      std::filesystem::remove_all(place, error);
      return error ? Status::Environment("cannot delete " + place + ": " + error.message()) : Status::Ok();
    }
    ASSIGN_OR_RETURN(const auto store, Open(pipeline_id, /*read_only=*/false));
    ASSIGN_OR_RETURN(const auto entries, store->List(""));
    for (const BlobStore::Entry& entry : entries) RETURN_IF_ERROR(store->Delete(entry.name));
    return Status::Ok();
  }

 private:
  std::string PlaceOf(const std::string& pipeline_id) const {
    return root_ + (root_.ends_with('/') ? "" : "/") + pipeline_id;
  }
  Result<std::unique_ptr<BlobStore>> Open(const std::string& pipeline_id, bool read_only) {
    std::lock_guard lock(mutex_);  // of the world's randomness
    return OpenStore(PlaceOf(pipeline_id), read_only, world_);
  }

  const std::string root_;
  World* const world_;
  std::mutex mutex_;
};

}  // namespace

void ServerStateArguments::AddTo(CLI::App* command) {
  command
      ->add_option("--state-dir", state_dir,
                   "Where pipelines keep their checkpoints: a directory, or s3://bucket/prefix (default: the directory "
                   "`pipelines` beside the database)")
      ->option_text("DIR");
}

Result<std::unique_ptr<server::StatePlaces>> MakeStatePlaces(const ServerStateArguments& arguments,
                                                             const std::string& database, World* world) {
  std::string root = arguments.state_dir;
  if (root.empty()) {
    root = (std::filesystem::absolute(database).parent_path() / "pipelines").string();
  } else if (IsS3Url(root)) {
    // Before a pipeline needs it; nobody is asked.
    RETURN_IF_ERROR(s3::ParseLocation(root).status());
  } else {
    std::error_code error;
    std::filesystem::create_directories(root, error);
    if (error)
      return Status::User("cannot make the directory " + root + ": " + error.message(),
                          "Name another with --state-dir");
  }
  return std::unique_ptr<server::StatePlaces>(std::make_unique<Places>(root, world));
}

}  // namespace laminar::cli
