#include "connectors/kinesis/resolve.h"

#include <algorithm>
#include <array>

#include "aws/service_endpoint.h"

namespace laminar::kinesis {

Result<StreamArn> ParseStreamArn(std::string_view arn) {
  const Status bad = Status::User(std::string("'").append(arn) + "' is not the ARN of a stream",
                                  "Write stream_arn as arn:aws:kinesis:REGION:ACCOUNT:stream/NAME");
  std::array<std::string_view, 6> parts;
  std::string_view rest = arn;
  for (size_t i = 0; i < 5; ++i) {
    const size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return bad;
    parts[i] = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  parts[5] = rest;
  constexpr std::string_view kPrefix = "stream/";
  if (parts[0] != "arn" || parts[1].empty() || parts[2] != "kinesis" || !IsRegionName(parts[3]) ||
      !parts[5].starts_with(kPrefix))
    return bad;
  const std::string_view name = parts[5].substr(kPrefix.size());
  if (name.empty() || name.find_first_of("/: ") != std::string_view::npos) return bad;
  return StreamArn{std::string(parts[1]), std::string(parts[3]), std::string(parts[4]), std::string(name)};
}

Result<std::optional<std::string>> ResolveRegion(const StreamOptions& options, const aws::Environment& environment,
                                                 const ProfileSetting& profile) {
  std::string from_arn;
  if (!options.stream_arn.empty()) {
    ASSIGN_OR_RETURN(const StreamArn arn, ParseStreamArn(options.stream_arn));
    from_arn = arn.region;
  }
  if (!options.region.empty()) {
    if (!from_arn.empty() && from_arn != options.region) {
      return Status::User("stream_arn is in " + from_arn + ", but aws_region says " + options.region,
                          "Remove one of them");
    }
    if (IsRegionName(options.region)) return std::optional(options.region);
    return Status::User("'" + options.region + "' (aws_region) is not the name of a region", "Write it like us-east-1");
  }
  if (!from_arn.empty()) return std::optional(from_arn);
  ASSIGN_OR_RETURN(const std::string configured, aws::ConfiguredRegion(environment, profile("region")));
  return configured.empty() ? std::nullopt : std::optional(configured);
}

std::string ResolveEndpoint(const StreamOptions& options, const std::string& region,
                            const aws::Environment& environment, const ProfileSetting& profile) {
  if (!options.endpoint.empty()) return options.endpoint;
  return aws::ServiceEndpoint("kinesis", region, environment, profile("endpoint_url"));
}

Status NoRegion(const StreamOptions& options) {
  return Status::User(
      "no AWS region" + (options.stream_name.empty() ? "" : " for stream " + options.stream_name) +
          ": looked at the option aws_region, AWS_REGION, AWS_DEFAULT_REGION, the profile and the instance's metadata",
      "Set the stream's region, like us-east-1: aws_region in the table (tail, put: --region), or AWS_REGION");
}

}  // namespace laminar::kinesis
