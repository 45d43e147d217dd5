#include "aws_stores/s3_location.h"

#include <algorithm>

#include "aws/service_endpoint.h"
#include "base/percent.h"

namespace laminar::s3 {

namespace {

constexpr std::string_view kScheme = "s3://";
constexpr size_t kLongestPrefix = 700;  // of the 1,024 bytes of a key; the rest is for names of blobs

// The rules of general purpose buckets (S3 user guide, "Bucket naming rules"), as far as they keep hosts and paths
// sane.
bool IsBucketName(std::string_view name) {
  const auto edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return name.size() >= 3 && name.size() <= 63 && edge(name.front()) && edge(name.back()) &&
         name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [&](char c) { return edge(c) || c == '-' || c == '.'; });
}

bool IsPrefix(std::string_view prefix) {
  if (prefix.size() > kLongestPrefix) return false;
  for (size_t begin = 0; begin <= prefix.size();) {
    const size_t end = std::min(prefix.find('/', begin), prefix.size());
    const std::string_view part = prefix.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return std::none_of(prefix.begin(), prefix.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

Result<Location> ParseLocation(std::string_view url) {
  const auto bad = [&](const std::string& why) {
    return Status::User("'" + std::string(url) + "' is no place in S3: " + why, "Write it as s3://bucket/prefix");
  };
  if (!url.starts_with(kScheme)) return bad("it does not begin with s3://");
  std::string_view rest = url.substr(kScheme.size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  Location location;
  location.bucket = rest.substr(0, slash);
  if (!IsBucketName(location.bucket)) return bad("'" + location.bucket + "' is not the name of a bucket");
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty()) return location;
  if (!IsPrefix(rest)) {
    return bad(
        "the prefix may have no empty part, no '.' or '..' among its parts, no control characters, and at most " +
        std::to_string(kLongestPrefix) + " bytes");
  }
  location.prefix = std::string(rest) + "/";
  return location;
}

Result<Address> AddressOf(const std::string& bucket, const std::string& region, const aws::Environment& environment,
                          const std::string& profile_url) {
  const auto nothing = [](const std::string&) { return std::string(); };
  const std::string own = aws::ServiceEndpoint("s3", region, nothing, "");
  const std::string used = aws::ServiceEndpoint("s3", region, environment, profile_url);
  Address address;
  ASSIGN_OR_RETURN(address.endpoint, aws::ParseEndpoint(used));
  address.configured = used != own;
  if (address.configured || bucket.find('.') != std::string::npos) {
    address.path = address.endpoint.path + (address.endpoint.path.ends_with('/') ? "" : "/") + bucket + "/";
  } else {
    address.endpoint.host = bucket + "." + address.endpoint.host;
    address.endpoint.authority = bucket + "." + address.endpoint.authority;
    address.path = "/";
  }
  return address;
}

}  // namespace laminar::s3
