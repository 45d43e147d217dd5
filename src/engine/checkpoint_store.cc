#include "engine/checkpoint_store.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "state/state_file.h"

namespace laminar {

namespace {

constexpr std::string_view kManifest = "manifest-", kState = "state-";
constexpr size_t kDigits = 12;

std::string Digits(int64_t number) {
  std::string digits = std::to_string(number);
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

std::string ManifestName(int64_t number) {
  return std::string(kManifest) + Digits(number);
}

// The number behind the prefix of a name of ours.
std::optional<int64_t> NumberOf(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const std::string_view digits = name.substr(0, name.find('-'));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

std::string CheckpointStore::Describe(int64_t number) const {
  return blobs_->Describe(ManifestName(number));
}

Result<std::vector<int64_t>> CheckpointStore::Numbers() {
  ASSIGN_OR_RETURN(const std::vector<BlobStore::Entry> entries, blobs_->List(kManifest));
  std::vector<int64_t> numbers;
  for (const BlobStore::Entry& entry : entries) {
    const auto number = NumberOf(entry.name, kManifest);
    if (number && ManifestName(*number) == entry.name) numbers.push_back(*number);
  }
  std::sort(numbers.rbegin(), numbers.rend());
  return numbers;
}

Result<Manifest> CheckpointStore::ReadManifest(int64_t number) {
  const std::string name = Describe(number);
  ASSIGN_OR_RETURN(const std::optional<std::string> file, blobs_->Get(ManifestName(number)));
  if (!file) return Status::Environment(name + " is missing").WithCode(kCheckpointDamaged);
  ASSIGN_OR_RETURN(const std::string_view json, OpenStateFile(name, *file, StateFileKind::kManifest));
  ASSIGN_OR_RETURN(Manifest manifest, Manifest::FromJson(name, json));
  if (manifest.checkpoint != number)
    return Status::Environment(name + " is the manifest of checkpoint " + std::to_string(manifest.checkpoint))
        .WithCode(kCheckpointDamaged);
  return manifest;
}

Result<LoadedCheckpoint> CheckpointStore::Load(int64_t number) {
  LoadedCheckpoint loaded;
  ASSIGN_OR_RETURN(loaded.manifest, ReadManifest(number));
  for (const std::string& file : loaded.manifest.Files()) {
    if (loaded.parts.count(file) > 0) continue;
    const std::string name = blobs_->Describe(file);
    ASSIGN_OR_RETURN(const std::optional<std::string> bytes, blobs_->Get(file));
    if (!bytes) {
      return Status::Environment(name + " is missing, which " + Describe(number) + " names")
          .WithCode(kCheckpointDamaged);
    }
    ASSIGN_OR_RETURN(const std::string_view payload, OpenStateFile(name, *bytes, StateFileKind::kState));
    auto part = std::make_shared<CheckpointPart>();
    part->bytes = payload;
    part->file = file;
    part->size = static_cast<int64_t>(payload.size());
    loaded.parts[file] = std::move(part);
  }
  return loaded;
}

Status CheckpointStore::Write(int64_t checkpoint, CheckpointPart* part) {
  if (!part->file.empty()) return Status::Ok();
  const std::string name = std::string(kState) + Digits(checkpoint) + "-" + instance_ + "-" + std::to_string(++files_);
  RETURN_IF_ERROR(blobs_->Put(name, SealStateFile(StateFileKind::kState, part->bytes)));
  part->file = name;
  part->size = static_cast<int64_t>(part->bytes.size());
  std::string().swap(part->bytes);
  return Status::Ok();
}

Status CheckpointStore::Commit(const Manifest& manifest) {
  const std::string name = ManifestName(manifest.checkpoint);
  const std::string file = SealStateFile(StateFileKind::kManifest, manifest.ToJson());
  ASSIGN_OR_RETURN(bool ours, blobs_->Create(name, file));
  if (!ours) {
    // Perhaps by us: an attempt that failed only after it had succeeded.
    ASSIGN_OR_RETURN(const std::optional<std::string> there, blobs_->Get(name));
    ours = there == file;
  }
  if (ours) {
    named_[manifest.checkpoint] = manifest.Files();
    return Status::Ok();
  }
  return Status::Environment(blobs_->Describe(name) + " was written by another process: it runs this pipeline too",
                             "Let one of the two run, or give the other a state of its own with --state-dir")
      .WithCode(kTaken);
}

Status CheckpointStore::DeleteOld(int64_t newest, size_t kept) {
  ASSIGN_OR_RETURN(std::vector<int64_t> numbers, Numbers());
  std::erase_if(numbers, [&](int64_t number) { return number > newest; });
  std::set<std::string> named;
  for (size_t i = 0; i < std::min(kept, numbers.size()); i++) {
    auto known = named_.find(numbers[i]);
    if (known == named_.end()) {
      ASSIGN_OR_RETURN(const Manifest manifest, ReadManifest(numbers[i]));
      known = named_.emplace(numbers[i], manifest.Files()).first;
    }
    named.insert(known->second.begin(), known->second.end());
  }
  for (size_t i = kept; i < numbers.size(); i++) {
    RETURN_IF_ERROR(blobs_->Delete(ManifestName(numbers[i])));
    named_.erase(numbers[i]);
  }
  ASSIGN_OR_RETURN(const std::vector<BlobStore::Entry> states, blobs_->List(kState));
  for (const BlobStore::Entry& entry : states) {
    const auto number = NumberOf(entry.name, kState);
    if (!number || *number > newest || named.count(entry.name) > 0) continue;
    RETURN_IF_ERROR(blobs_->Delete(entry.name));
  }
  return Status::Ok();
}

}  // namespace laminar
