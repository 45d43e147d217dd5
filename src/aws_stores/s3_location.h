// Where a store lies in S3, and how requests reach it there.
#pragma once

#include <string>
#include <string_view>

#include "aws/environment.h"
#include "aws/http_client.h"
#include "base/status.h"

namespace laminar::s3 {

struct Location {
  std::string bucket;
  std::string prefix;  // of the keys: "" or "a/b/", with a slash at its end
  std::string ToString() const { return "s3://" + bucket + "/" + prefix; }
};
// "s3://bucket", "s3://bucket/a/b/". Error (kUser): the bucket's or the prefix's name is none.
Result<Location> ParseLocation(std::string_view url);

struct Address {
  aws::HttpEndpoint endpoint;
  std::string path;         // of the bucket, encoded, with a slash at its end: keys come behind it
  bool configured = false;  // the endpoint is the user's, not AWS's own
};
// The bucket's own host at AWS, so that the request goes to its region; the bucket in the path where its name has dots,
// which certificates do not cover, and at an endpoint of the user's: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, or
// profile_url (the profile's endpoint_url, may be ""). Error (kUser): that endpoint is none.
Result<Address> AddressOf(const std::string& bucket, const std::string& region, const aws::Environment& environment,
                          const std::string& profile_url);

}  // namespace laminar::s3
