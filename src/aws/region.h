// The region that the user's settings name.
#pragma once

#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/status.h"

namespace laminar::aws {

// Lower-case letters, digits and '-': it becomes part of host names.
bool IsRegionName(std::string_view name);

// AWS_REGION, AWS_DEFAULT_REGION, the profile's region (may be ""). "" = none of them says; the instance's metadata
// may. Error (kUser): one of them says what is no name of a region.
Result<std::string> ConfiguredRegion(const Environment& environment, const std::string& profile_region);

}  // namespace laminar::aws
