// S3 as a BlobStore: a blob is an object under a prefix of a bucket. Works with whatever speaks S3's protocol and knows
// conditional writes (If-None-Match).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/status.h"
#include "state/blob_store.h"

namespace laminar {

// "s3://...": meant for S3, whether or not it is right.
bool IsS3Url(std::string_view url);

struct S3World {
  // A request is sent again, after delays that grow, until this long after the call began; then the call fails.
  static constexpr int64_t kRetryMicros = 30 * kMicrosPerSecond;

  const Clock* clock = nullptr;  // borrowed, outlives the store
  uint64_t seed = 0;             // of the delays
  aws::Environment environment = aws::ProcessEnvironment();
  // Lets the calling thread wait; empty = for as long as a SystemClock says.
  std::function<void(int64_t micros)> wait = {};
};

// "s3://bucket/prefix". Credentials come from the SDKs' default chain, the region from AWS_REGION, AWS_DEFAULT_REGION,
// the profile or the instance; where that is not the bucket's, S3 says which is. AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL,
// AWS_CA_BUNDLE are honoured. Asks no one but, where nothing says the region, the instance's metadata (up to 2 s).
//
// Of the store: what it is asked to Create must differ from what any other process creates under that name, for where
// an answer was lost, the object's bytes tell who won. Where even they cannot be had, Create fails with the code
// kUnknownOutcome: the blob may be there, or still come.
//
// Error (kUser): the URL or a setting is wrong. (kEnvironment): the certificates cannot be read.
Result<std::unique_ptr<BlobStore>> OpenS3Store(const std::string& url, S3World world);

constexpr char kUnknownOutcome[] = "UnknownOutcome";

}  // namespace laminar
