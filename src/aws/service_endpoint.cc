#include "aws/service_endpoint.h"

namespace laminar::aws {

std::string ServiceEndpoint(std::string_view service, std::string_view region, const Environment& environment,
                            const std::string& profile_url) {
  if (environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true") {
    std::string variable = "AWS_ENDPOINT_URL_";
    for (const char c : service) variable += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    for (const std::string& name : {variable, std::string("AWS_ENDPOINT_URL")}) {
      if (std::string url = environment(name); !url.empty()) return url;
    }
    if (!profile_url.empty()) return profile_url;
  }
  return "https://" + std::string(service) + "." + std::string(region) +
         (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

}  // namespace laminar::aws
