// Where a service listens: the configured endpoint, else AWS's own in the region.
#pragma once

#include <string>
#include <string_view>

#include "aws/environment.h"

namespace laminar::aws {

// service: "kinesis", "sts". AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, profile_url (the profile's endpoint_url, may
// be ""), else https://<service>.<region>.amazonaws.com, in China amazonaws.com.cn.
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true skips to the last.
std::string ServiceEndpoint(std::string_view service, std::string_view region, const Environment& environment,
                            const std::string& profile_url);

}  // namespace laminar::aws
