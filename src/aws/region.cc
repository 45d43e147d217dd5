#include "aws/region.h"

#include <algorithm>

namespace laminar::aws {

bool IsRegionName(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Result<std::string> ConfiguredRegion(const Environment& environment, const std::string& profile_region) {
  const auto checked = [](const std::string& region, const char* source) -> Result<std::string> {
    if (IsRegionName(region)) return region;
    return Status::User("'" + region + "' (" + source + ") is not the name of a region", "Write it like us-east-1");
  };
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (const std::string region = environment(name); !region.empty()) return checked(region, name);
  }
  if (!profile_region.empty()) return checked(profile_region, "region of the profile");
  return std::string();
}

}  // namespace laminar::aws
