#include "connectors/kinesis/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/error_code.h"

namespace laminar::kinesis {
namespace {

using testing::HasSubstr;

const Target kTarget{"orders", "", "us-east-1", "http://127.0.0.1:4566"};

TEST(BareErrorCode, StripsWhatServersPutAround) {
  EXPECT_EQ(aws::BareErrorCode("com.amazonaws.kinesis.v20131202#ResourceNotFoundException"),
            "ResourceNotFoundException");
  EXPECT_EQ(aws::BareErrorCode("ResourceNotFoundException:http://internal.amazon.com/coral/com.amazon.coral.service/"),
            "ResourceNotFoundException");
  EXPECT_EQ(aws::BareErrorCode("ResourceNotFoundException"), "ResourceNotFoundException");
  EXPECT_EQ(aws::BareErrorCode(""), "");
}

struct Case {
  const char* code;
  int status;
  ErrorClass error_class;
  const char* message;
  const char* hint;
};

class ServiceErrors : public testing::TestWithParam<Case> {};

TEST_P(ServiceErrors, AreClassifiedAndExplained) {
  const Case& expected = GetParam();
  const ApiError error = MakeServiceError(kTarget, "PutRecords", {expected.status, expected.code, "Said so."});
  EXPECT_EQ(error.error_class, expected.error_class);
  EXPECT_THAT(error.status.message(),
              testing::StartsWith("stream orders in us-east-1 (http://127.0.0.1:4566): PutRecords: "));
  EXPECT_THAT(error.status.message(), HasSubstr(expected.message));
  EXPECT_THAT(error.status.message(), HasSubstr("Said so"));
  EXPECT_THAT(error.status.message(), testing::Not(testing::EndsWith(".")));
  EXPECT_THAT(error.status.hint(), HasSubstr(expected.hint));
  EXPECT_EQ(error.status.kind(), StatusKind::kEnvironment);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ServiceErrors,
    testing::Values(
        Case{"ResourceNotFoundException", 400, ErrorClass::kFatal, "no such stream",
             "--stream-name orders --region us-east-1"},
        Case{"AccessDeniedException", 400, ErrorClass::kFatal, "access denied", "kinesis:PutRecords"},
        Case{"ExpiredTokenException", 400, ErrorClass::kFatal, "session token has expired",
             "new temporary credentials"},
        Case{"UnrecognizedClientException", 400, ErrorClass::kFatal, "access key is not known", "AWS_ACCESS_KEY_ID"},
        Case{"InvalidSignatureException", 400, ErrorClass::kFatal, "wrong region", "us-east-1"},
        Case{"ProvisionedThroughputExceededException", 400, ErrorClass::kThrottled, "throughput limit", "Add shards"},
        Case{"LimitExceededException", 400, ErrorClass::kThrottled, "too many requests", ""},
        Case{"KMSThrottlingException", 400, ErrorClass::kThrottled, "KMS", "quota"},
        Case{"KMSAccessDeniedException", 400, ErrorClass::kFatal, "encryption key", "kms:Decrypt"},
        Case{"KMSDisabledException", 400, ErrorClass::kFatal, "disabled", "KMS key"},
        Case{"ExpiredIteratorException", 400, ErrorClass::kExpiredIterator, "iterator has expired", ""},
        Case{"InvalidArgumentException", 400, ErrorClass::kFatal, "InvalidArgumentException", "options"},
        Case{"ResourceInUseException", 400, ErrorClass::kTransient, "created, changed or deleted", "ACTIVE"},
        Case{"InternalFailure", 500, ErrorClass::kTransient, "internal failure", ""},
        Case{"SomethingNew", 400, ErrorClass::kFatal, "SomethingNew", ""},
        Case{"SomethingNew", 503, ErrorClass::kTransient, "SomethingNew", ""},
        Case{"SomethingNew", 429, ErrorClass::kThrottled, "SomethingNew", ""}));

TEST(ServiceErrors, TheCodeIsKept) {
  EXPECT_EQ(MakeServiceError(kTarget, "GetRecords", {400, "x#ResourceNotFoundException", ""}).status.code(),
            "ResourceNotFoundException");
}

TEST(TransportErrors, NameTheEndpointAndWhatToChange) {
  using aws::HttpFailure;
  struct {
    HttpFailure failure;
    ErrorClass error_class;
    const char* hint;
  } const cases[] = {{HttpFailure::kUnreachable, ErrorClass::kTransient, "AWS_ENDPOINT_URL"},
                     {HttpFailure::kUnknownHost, ErrorClass::kTransient, "us-east-1"},
                     {HttpFailure::kTimeout, ErrorClass::kTransient, "firewall"},
                     {HttpFailure::kCertificate, ErrorClass::kFatal, "AWS_CA_BUNDLE"},
                     {HttpFailure::kTls, ErrorClass::kTransient, "TLS"}};
  for (const auto& one : cases) {
    aws::HttpReply reply;
    reply.failure = one.failure;
    reply.failure_text = "why";
    const ApiError error = MakeTransportError(kTarget, "GetRecords", reply);
    EXPECT_EQ(error.error_class, one.error_class);
    EXPECT_THAT(error.status.message(), HasSubstr("http://127.0.0.1:4566"));
    EXPECT_THAT(error.status.hint(), HasSubstr(one.hint));
  }
}

TEST(GarbageErrors, ShowStatusAndFirstBytes) {
  aws::HttpReply reply;
  reply.status = 502;
  reply.body = "<html>\nbad gateway" + std::string(500, 'x');
  const ApiError error = MakeGarbageError(kTarget, "GetRecords", reply, "it names no error code");
  EXPECT_EQ(error.error_class, ErrorClass::kTransient);
  EXPECT_THAT(error.status.message(), HasSubstr("502"));
  EXPECT_THAT(error.status.message(), HasSubstr("'<html> bad gateway"));
  EXPECT_LT(error.status.message().size(), 400u);
  reply.status = 404;  // another service answers there: it will not become Kinesis by waiting
  EXPECT_EQ(MakeGarbageError(kTarget, "GetRecords", reply, "").error_class, ErrorClass::kFatal);
}

TEST(CredentialsErrors, AreFatalUnlessTheyMayPass) {
  EXPECT_EQ(MakeCredentialsError(kTarget, Status::Environment("none")).error_class, ErrorClass::kFatal);
  EXPECT_EQ(
      MakeCredentialsError(kTarget, Status::Environment("down").WithCode(aws::kCredentialsUnavailable)).error_class,
      ErrorClass::kTransient);
}

}  // namespace
}  // namespace laminar::kinesis
