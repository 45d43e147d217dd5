// The SDKs' default credential chain: environment, profile files, web identity, container (ECS, EKS), instance metadata
// (IMDSv2).
#pragma once

#include <memory>

#include "aws/credentials.h"
#include "aws/environment.h"
#include "aws/runtime.h"

namespace laminar::aws {

// Not cached: see CredentialsCache. A failure says where was looked and what to set.
// tls: for the token services of profiles and web identity. clock: borrowed, outlives the object.
std::unique_ptr<CredentialsProvider> MakeCredentialsChain(std::shared_ptr<Runtime> runtime,
                                                          std::shared_ptr<TlsContext> tls,
                                                          const Environment& environment);

}  // namespace laminar::aws
