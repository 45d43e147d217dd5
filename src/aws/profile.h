// The user's profile: AWS_PROFILE in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or their usual places.
#pragma once

#include <memory>
#include <string>

#include "aws/environment.h"
#include "aws/runtime.h"

struct aws_profile_collection;

namespace laminar::aws {

// The files as they were when read. Immutable, thread-safe.
class Profile {
 public:
  Profile(const Runtime& runtime, const Environment& environment);
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  const std::string& name() const { return name_; }  // AWS_PROFILE or "default"
  const std::string& config_path() const { return config_path_; }
  const std::string& credentials_path() const { return credentials_path_; }
  bool exists() const;                            // one of the files has it
  std::string Get(const std::string& key) const;  // "" = not set

 private:
  std::string name_, config_path_, credentials_path_;
  aws_profile_collection* collection_ = nullptr;  // null = neither file can be read
};

}  // namespace laminar::aws
