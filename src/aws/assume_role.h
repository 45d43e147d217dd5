// Temporary credentials of a role, from STS AssumeRole (Query API, version 2011-06-15).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/http_client.h"

namespace laminar::aws {

struct AssumeRoleOptions {
  std::string role_arn, external_id;  // external_id "" = none
  std::string session_name;           // what CloudTrail shows; letters, digits and =,.@-
  std::string region;                 // of the token service
};

// What STS answered.
struct AssumeRoleAnswer {
  Credentials credentials;
  std::string error_code, error_message;  // error_code "" = success
};
// Fails if `xml` is neither credentials nor an error of STS.
Result<AssumeRoleAnswer> ParseAssumeRoleAnswer(std::string_view xml);

// The request's body: "Action=AssumeRole&...", percent-encoded.
std::string EncodeAssumeRole(const AssumeRoleOptions& options);

// Not cached: see CredentialsCache. base: the credentials that assume the role; shared: by all roles of the process.
// sts: made for the endpoint of STS. clock: borrowed, outlives the object. A failure that may pass by itself has the
// code kCredentialsUnavailable.
std::unique_ptr<CredentialsProvider> MakeAssumeRoleProvider(std::unique_ptr<HttpClient> sts,
                                                            std::shared_ptr<CredentialsProvider> base,
                                                            AssumeRoleOptions options, const Clock* clock);

}  // namespace laminar::aws
