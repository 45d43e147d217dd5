// The region of the EC2 instance, from its metadata service (IMDSv2).
#pragma once

#include <memory>
#include <string>

#include "aws/environment.h"
#include "aws/runtime.h"

namespace laminar::aws {

// "" = not on an instance, or AWS_EC2_METADATA_DISABLED is true. Waits up to about 2 s elsewhere.
// AWS_EC2_METADATA_SERVICE_ENDPOINT is honoured.
std::string InstanceRegion(const std::shared_ptr<Runtime>& runtime, const Environment& environment);

}  // namespace laminar::aws
