// From an AWS error code, or from a failure to get any answer, to what to do about it and what to tell the user.
#pragma once

#include <string>
#include <string_view>

#include "aws/http_client.h"
#include "connectors/kinesis/kinesis_api.h"

namespace laminar::kinesis {

// What a message names.
struct Target {
  std::string stream_name, stream_arn, region, endpoint;
  std::string Describe() const;  // "stream orders in us-east-1 (http://127.0.0.1:4566)"
};

// An error as the service reports it.
struct ServiceError {
  int http_status = 0;
  std::string code;  // without the shape's prefix: "ResourceNotFoundException"; "" = the answer names none
  std::string message;
};

ApiError MakeServiceError(const Target& target, std::string_view operation, const ServiceError& error);
// No answer at all. Transient, but for a certificate that is not trusted.
ApiError MakeTransportError(const Target& target, std::string_view operation, const aws::HttpReply& reply);
// An answer that makes no sense, told with its status and first bytes: transient, but for 3xx and 4xx, which other
// servers give.
ApiError MakeGarbageError(const Target& target, std::string_view operation, const aws::HttpReply& reply,
                          std::string_view why);
// No credentials: fatal, unless they failed with aws::kCredentialsUnavailable.
ApiError MakeCredentialsError(const Target& target, const Status& status);

bool IsClockError(
    const ServiceError& error);  // the request's time was refused: its signature is too old, or from the future
bool IsExpiredToken(const ServiceError& error);

}  // namespace laminar::kinesis
