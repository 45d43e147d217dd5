// Which stream, region and endpoint a table means: its options, then the environment, then the profile, as the SDKs do
// it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/environment.h"
#include "aws/region.h"
#include "base/status.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

using aws::IsRegionName;

struct StreamArn {
  std::string partition, region, account, stream_name;
};
// "arn:aws:kinesis:us-east-1:123456789012:stream/orders".
Result<StreamArn> ParseStreamArn(std::string_view arn);

// Reads one setting of the user's profile ("region", "endpoint_url"); "" = not set.
using ProfileSetting = std::function<std::string(const std::string& key)>;

// Option, the ARN's region, AWS_REGION, AWS_DEFAULT_REGION, profile. nullopt = none of them says; the instance's
// metadata may.
Result<std::optional<std::string>> ResolveRegion(const StreamOptions& options, const aws::Environment& environment,
                                                 const ProfileSetting& profile);

// The option, else aws::ServiceEndpoint.
std::string ResolveEndpoint(const StreamOptions& options, const std::string& region,
                            const aws::Environment& environment, const ProfileSetting& profile);

Status NoRegion(const StreamOptions& options);

}  // namespace laminar::kinesis
