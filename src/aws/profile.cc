#include "aws/profile.h"

#include <aws/common/string.h>
#include <aws/sdkutils/aws_profile.h>

namespace laminar::aws {

namespace {

struct AwsString {
  AwsString(aws_allocator* allocator, const std::string& text)
      : value(aws_string_new_from_array(allocator, reinterpret_cast<const uint8_t*>(text.data()), text.size())) {}
  ~AwsString() { aws_string_destroy(value); }
  AwsString(const AwsString&) = delete;
  AwsString& operator=(const AwsString&) = delete;
  aws_string* const value;
};

// The path that the SDKs use: `~` expanded, the home directory's .aws folder if `chosen` is empty.
std::string PathOf(const std::string& chosen, const std::string& home, const char* usual) {
  std::string path = chosen.empty() ? "~/.aws/" + std::string(usual) : chosen;
  if (path.starts_with("~/") && !home.empty()) path = home + path.substr(1);
  return path;
}

}  // namespace

Profile::Profile(const Runtime& runtime, const Environment& environment) : name_(environment("AWS_PROFILE")) {
  if (name_.empty()) name_ = "default";
  aws_allocator* allocator = runtime.allocator();
  const std::string home = environment("HOME");
  config_path_ = PathOf(environment("AWS_CONFIG_FILE"), home, "config");
  credentials_path_ = PathOf(environment("AWS_SHARED_CREDENTIALS_FILE"), home, "credentials");
  const AwsString config_path(allocator, config_path_), credentials_path(allocator, credentials_path_);
  auto* config = aws_profile_collection_new_from_file(allocator, config_path.value, AWS_PST_CONFIG);
  auto* credentials = aws_profile_collection_new_from_file(allocator, credentials_path.value, AWS_PST_CREDENTIALS);
  if (config || credentials) collection_ = aws_profile_collection_new_from_merge(allocator, config, credentials);
  aws_profile_collection_release(config);
  aws_profile_collection_release(credentials);
}

Profile::~Profile() {
  aws_profile_collection_release(collection_);
}

bool Profile::exists() const {
  if (!collection_) return false;
  const AwsString name(aws_default_allocator(), name_);
  return aws_profile_collection_get_profile(collection_, name.value) != nullptr;
}

std::string Profile::Get(const std::string& key) const {
  if (!collection_) return "";
  const AwsString name(aws_default_allocator(), name_), key_string(aws_default_allocator(), key);
  const aws_profile* profile = aws_profile_collection_get_profile(collection_, name.value);
  const aws_profile_property* property = profile ? aws_profile_get_property(profile, key_string.value) : nullptr;
  return property ? aws_string_c_str(aws_profile_property_get_value(property)) : "";
}

}  // namespace laminar::aws
