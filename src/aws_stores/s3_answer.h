// What an answer of S3 means: what may be tried again, what was not done for certain, and what to tell the user.
#pragma once

#include <string>
#include <string_view>

#include "aws/http_client.h"
#include "base/status.h"

namespace laminar::s3 {

enum class Outcome {
  kDone,
  kNoSuchKey,
  kExists,        // a condition of the request was not met: there is an object of that name
  kWrongRegion,   // Answer::region says the right one
  kWrongClock,    // the signature's time was refused
  kExpiredToken,  // of temporary credentials
  kTryAgain,
  kRefused,  // final
};

// One operation, for messages.
struct Action {
  const char* verb;        // "cannot <verb> s3://..."
  const char* permission;  // "s3:PutObject"
};
constexpr Action kPut{"write", "s3:PutObject"};
constexpr Action kGet{"read", "s3:GetObject"};
constexpr Action kList{"list", "s3:ListBucket"};
constexpr Action kDelete{"delete", "s3:DeleteObject"};

struct Answer {
  Outcome outcome = Outcome::kDone;
  bool maybe_done = false;  // the request may have been carried out, or may yet be: only with kTryAgain
  std::string code;         // S3's ("SlowDown"), or one of ours for what is no answer; "" with kDone
  std::string message;      // S3's own, or what the network said
  std::string region;       // of the bucket, where the answer says it
  int status = 0;           // HTTP; 0 = there is no answer
};

Answer ReadAnswer(const aws::HttpReply& reply);

// An answer that is not kDone as the error of the operation. object: "s3://bucket/prefix/name".
struct Asked {
  Action action;
  std::string object, bucket, region, endpoint;
};
Status DescribeAnswer(const Asked& asked, const Answer& answer);

}  // namespace laminar::s3
