#include "connectors/kinesis/put_effect.h"

#include <algorithm>

#include "aws/credentials.h"

namespace laminar::kinesis {

PutEffect EffectOf(const ApiError& error) {
  switch (error.error_class) {
    case ErrorClass::kThrottled:
    case ErrorClass::kFatal:
    case ErrorClass::kExpiredIterator:
      return PutEffect::kNotWritten;
    case ErrorClass::kTransient:
      break;
  }
  // An endpoint that cannot be reached is not among them: the same failure also ends a request that is on its way.
  const std::string& code = error.status.code();
  const bool never_left =
      code == "TlsHandshakeFailed" || code == "NoCredentials" || code == aws::kCredentialsUnavailable;
  return never_left || code == "ResourceInUseException" ? PutEffect::kNotWritten : PutEffect::kUnknown;
}

PutEffect EffectOf(std::string_view record_error_code) {
  const bool refused = record_error_code == "ProvisionedThroughputExceededException" ||
                       record_error_code == "LimitExceededException" || record_error_code == "ThrottlingException" ||
                       record_error_code.starts_with("KMS");
  return refused ? PutEffect::kNotWritten : PutEffect::kUnknown;
}

}  // namespace laminar::kinesis
