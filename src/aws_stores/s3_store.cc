// Create: `If-None-Match: *` lets one of all who try win. The trouble is an answer that does not come: the request may
// have won, and its repetition then finds the object there (412). So a 412 after such an attempt is resolved by reading
// the object: byte for byte ours, we won. If the time is up first, the same reading says what it can.
//
// Source: "Adding preconditions to S3 operations with conditional requests", Amazon S3 user guide: 412 = there is one,
// 409 ConditionalRequestConflict = another request for that key was under way, try again.
#include "aws_stores/s3_store.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "aws/await.h"
#include "aws/http_client.h"
#include "aws/region.h"
#include "aws/session.h"
#include "aws/signing_clock.h"
#include "aws/xml.h"
#include "aws_stores/s3_answer.h"
#include "aws_stores/s3_location.h"
#include "base/backoff.h"
#include "base/check.h"
#include "base/log.h"
#include "base/percent.h"
#include "base/random.h"
#include "base/waker.h"

namespace laminar {

namespace {

using s3::Action;
using s3::Answer;
using s3::Outcome;

constexpr int64_t kBaseDelayMicros = 100'000;
constexpr int64_t kMostDelayMicros = 5'000'000;
constexpr int kMostPages = 10'000;  // of a listing, 1,000 keys each
constexpr int kMostRegions = 2;     // that a call is sent on to
// Of a bucket without a region that anybody names: the one that answers for all, and says which it is.
constexpr char kFirstRegion[] = "us-east-1";

struct Call {
  Action action;
  const char* method;
  std::string name;                                   // of the blob; "" = the bucket itself
  std::string query;                                  // encoded; "" = none
  std::shared_ptr<const std::string> body = nullptr;  // shared: with the requests on the wire
  bool only_if_absent = false;
};

struct Reply {
  Answer answer;
  std::string body;
  bool maybe_done_before = false;  // an earlier attempt may have been carried out
};

class S3Store final : public BlobStore {
 public:
  S3Store(s3::Location location, S3World world)
      : location_(std::move(location)),
        world_(std::move(world)),
        random_(world_.seed),
        session_(world_.clock, random_.Next(), world_.environment),
        signing_clock_(world_.clock) {}

  Status Open() {
    ASSIGN_OR_RETURN(const std::string region, session_.Region());
    ASSIGN_OR_RETURN(credentials_, session_.Credentials({}, region));
    return Use(region.empty() ? kFirstRegion : region);
  }

  Status Put(const std::string& name, std::string_view bytes) override {
    ASSIGN_OR_RETURN(const Reply reply, Ask(Write(name, bytes)));
    return reply.answer.outcome == Outcome::kDone ? Status::Ok() : Failed(s3::kPut, name, reply.answer);
  }

  Result<bool> Create(const std::string& name, std::string_view bytes) override {
    Call call = Write(name, bytes);
    call.only_if_absent = true;
    ASSIGN_OR_RETURN(const Reply reply, Ask(call));
    const Answer& answer = reply.answer;
    if (answer.outcome == Outcome::kDone) return true;
    const bool unknown = reply.maybe_done_before || answer.maybe_done;
    if (answer.outcome == Outcome::kExists && !unknown) return false;
    if (!unknown) return Failed(s3::kPut, name, answer);
    const auto found = Get(name);
    if (found.ok() && found->has_value()) return **found == bytes;
    const std::string why = found.ok() ? "the object is not there" : found.status().message();
    return Status::Environment("whether " + Describe(name) + " was created is not known: " +
                                   Failed(s3::kPut, name, answer).message() + "; then, " + why,
                               Failed(s3::kPut, name, answer).hint())
        .WithCode(kUnknownOutcome);
  }

  Result<std::optional<std::string>> Get(const std::string& name) override {
    CHECK_MSG(IsName(name), name.c_str());
    ASSIGN_OR_RETURN(Reply reply, Ask({s3::kGet, "GET", name, ""}));
    if (reply.answer.outcome == Outcome::kNoSuchKey) return std::optional<std::string>();
    if (reply.answer.outcome != Outcome::kDone) return Failed(s3::kGet, name, reply.answer);
    return std::optional(std::move(reply.body));
  }

  Result<std::vector<Entry>> List(std::string_view prefix) override {
    std::vector<Entry> entries;
    std::string token;
    for (int page = 0; page < kMostPages; ++page) {
      std::string query = token.empty() ? "" : "continuation-token=" + PercentEncode(token) + "&";
      query +=
          "delimiter=%2F&encoding-type=url&list-type=2&prefix=" + PercentEncode(location_.prefix + std::string(prefix));
      ASSIGN_OR_RETURN(const Reply reply, Ask({s3::kList, "GET", "", std::move(query)}));
      if (reply.answer.outcome != Outcome::kDone) return Failed(s3::kList, "", reply.answer);
      ASSIGN_OR_RETURN(token, ReadPage(reply.body, prefix, &entries));
      if (token.empty()) {
        std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
        return entries;
      }
    }
    return Status::Environment(location_.ToString() + " has more objects than a state can",
                               "Name a prefix with --state-dir that nothing else is stored under");
  }

  Status Delete(const std::string& name) override {
    CHECK_MSG(IsName(name), name.c_str());
    ASSIGN_OR_RETURN(const Reply reply, Ask({s3::kDelete, "DELETE", name, ""}));
    const Outcome outcome = reply.answer.outcome;
    return outcome == Outcome::kDone || outcome == Outcome::kNoSuchKey ? Status::Ok()
                                                                       : Failed(s3::kDelete, name, reply.answer);
  }

  std::string Describe(const std::string& name) const override { return location_.ToString() + name; }

 private:
  Call Write(const std::string& name, std::string_view bytes) const {
    CHECK_MSG(IsName(name), name.c_str());
    CHECK(bytes.size() <= kLargestBlob);
    return {s3::kPut, "PUT", name, "", std::make_shared<const std::string>(bytes)};
  }

  Status Failed(const Action& action, const std::string& name, const Answer& answer) const {
    return DescribeAnswer({action, Describe(name), location_.bucket, region_, http_->endpoint().ToString()}, answer);
  }

  // Requests go to the region from now on.
  Status Use(const std::string& region) {
    ASSIGN_OR_RETURN(s3::Address address, s3::AddressOf(location_.bucket, region, world_.environment,
                                                        session_.profile().Get("endpoint_url")));
    ASSIGN_OR_RETURN(http_, session_.Connect(address.endpoint, aws::HttpOptions{.max_connections = 2}));
    path_ = address.path;
    region_ = region;
    return Status::Ok();
  }

  void Wait(int64_t micros) {
    if (world_.wait) return world_.wait(micros);
    ThreadWaker nobody;
    nobody.WaitUntil(*world_.clock, world_.clock->SteadyMicros() + micros);
  }

  // One attempt. Error: there are no credentials.
  Result<aws::HttpReply> Attempt(const Call& call) {
    ASSIGN_OR_RETURN(auto keys,
                     aws::Await<aws::CredentialsResult>([&](auto done) { credentials_->Get(std::move(done)); }));
    aws::HttpRequest request;
    request.method = call.method;
    request.path = path_ + (call.name.empty() ? "" : PercentEncode(location_.prefix + call.name, Slash::kKept));
    if (!call.query.empty()) request.path += "?" + call.query;
    request.headers = {{"user-agent", "laminar"}};
    if (call.body != nullptr) request.headers.emplace_back("content-type", "application/octet-stream");
    if (call.only_if_absent) request.headers.emplace_back("if-none-match", "*");
    request.body = call.body;
    request.sign = aws::SigV4{std::move(keys), region_, "s3", signing_clock_.WallMicros()};
    return aws::Await<aws::HttpReply>([&](auto done) { http_->Send(std::move(request), std::move(done)); });
  }

  // Sends the request until the answer is final or the time is up. Error: there are no credentials, or no way to the
  // bucket's region.
  Result<Reply> Ask(const Call& call) {
    const int64_t deadline = world_.clock->SteadyMicros() + S3World::kRetryMicros;
    Backoff backoff(&random_, kBaseDelayMicros, kMostDelayMicros);
    int regions = 0;
    bool clock_set = false, token_renewed = false, maybe_done = false;
    for (;;) {
      Result<aws::HttpReply> got = Attempt(call);
      Reply reply;
      reply.maybe_done_before = maybe_done;
      if (got.ok()) {
        reply.answer = s3::ReadAnswer(*got);
        reply.body = std::move(got->body);
      }
      switch (reply.answer.outcome) {
        case Outcome::kWrongRegion:
          if (++regions > kMostRegions || reply.answer.region == region_ || !aws::IsRegionName(reply.answer.region)) {
            return reply;
          }
          LogInfo("the state's bucket is in another region",
                  {{"bucket", location_.bucket}, {"region", reply.answer.region}});
          RETURN_IF_ERROR(Use(reply.answer.region));
          continue;
        case Outcome::kWrongClock:
          if (std::exchange(clock_set, true) || !signing_clock_.Correct(*got, http_->endpoint().ToString()))
            return reply;
          continue;
        case Outcome::kExpiredToken:
          if (std::exchange(token_renewed, true)) return reply;
          credentials_->Invalidate();
          continue;
        case Outcome::kTryAgain:
          break;
        default:
          if (got.ok()) return reply;
          if (got.status().code() != aws::kCredentialsUnavailable) return WithObject(call, got.status());
      }
      const int64_t delay = backoff.NextDelayMicros();
      if (world_.clock->SteadyMicros() + delay >= deadline) {
        if (!got.ok()) return WithObject(call, got.status());
        return reply;
      }
      maybe_done = maybe_done || reply.answer.maybe_done;
      LogDebug("asking S3 again", {{"object", Describe(call.name)},
                                   {"code", got.ok() ? reply.answer.code : got.status().code()},
                                   {"status", std::to_string(reply.answer.status), true},
                                   {"delay_ms", std::to_string(delay / kMicrosPerMilli), true}});
      Wait(delay);
    }
  }

  Status WithObject(const Call& call, Status status) const {
    return std::move(status).WithContext(std::string("cannot ") + call.action.verb + " " + Describe(call.name));
  }

  // The blobs of a page of the listing; what it needs to be continued, "" at its end.
  Result<std::string> ReadPage(const std::string& body, std::string_view prefix, std::vector<Entry>* entries) const {
    const auto bad = [&](const std::string& why) {
      return Status::Environment("the listing of " + location_.ToString() + " makes no sense: " + why,
                                 "Check that " + http_->endpoint().ToString() + " is an endpoint of S3");
    };
    const auto page = aws::ParseXml(body);
    if (!page.ok()) return bad(page.status().message());
    if (page->name != "ListBucketResult") return bad("it is a <" + page->name + ">");
    for (const aws::XmlElement& element : page->children) {
      if (element.name != "Contents") continue;
      const std::optional<std::string> key = PercentDecode(element.ChildText("Key"), Plus::kIsSpace);
      if (!key) return bad("'" + std::string(element.ChildText("Key")) + "' is wrongly escaped");
      if (!key->starts_with(location_.prefix)) return bad("'" + *key + "' was not asked for");
      std::string name = key->substr(location_.prefix.size());
      if (!IsName(name) || !name.starts_with(prefix)) continue;
      const std::string size(element.ChildText("Size"));
      char* end = nullptr;
      const int64_t bytes = std::strtoll(size.c_str(), &end, 10);
      if (size.empty() || *end != '\0' || bytes < 0) return bad("'" + *key + "' has no size");
      entries->push_back({std::move(name), bytes});
    }
    if (page->ChildText("IsTruncated") != "true") return std::string();
    std::string token(page->ChildText("NextContinuationToken"));
    if (token.empty()) return bad("it goes on, but does not say where");
    return token;
  }

  const s3::Location location_;
  const S3World world_;
  Random random_;
  aws::Session session_;
  std::shared_ptr<aws::CredentialsProvider> credentials_;  // shared: with the session
  std::string region_, path_;
  std::unique_ptr<aws::HttpClient> http_;
  aws::SigningClock signing_clock_;
};

}  // namespace

bool IsS3Url(std::string_view url) {
  return url.starts_with("s3://");
}

Result<std::unique_ptr<BlobStore>> OpenS3Store(const std::string& url, S3World world) {
  CHECK(world.clock != nullptr);
  ASSIGN_OR_RETURN(s3::Location location, s3::ParseLocation(url));
  auto store = std::make_unique<S3Store>(std::move(location), std::move(world));
  RETURN_IF_ERROR(store->Open());
  return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace laminar
