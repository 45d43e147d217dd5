#include "aws/credentials_chain.h"

#include <aws/auth/credentials.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/profile.h"

namespace laminar::aws {

namespace {

aws_byte_cursor Cursor(std::string_view s) {
  return {s.size(), reinterpret_cast<uint8_t*>(const_cast<char*>(s.data()))};
}
std::string Text(aws_byte_cursor c) {
  return {reinterpret_cast<const char*>(c.ptr), c.len};
}

// A provider of the CRT and the promise of its end.
struct CrtProvider {
  std::string name;  // for people: "the profile 'default'"
  aws_credentials_provider* provider = nullptr;
  std::unique_ptr<std::promise<void>> ended = std::make_unique<std::promise<void>>();

  aws_credentials_provider_shutdown_options OnEnd() {
    return {[](void* user) { static_cast<std::promise<void>*>(user)->set_value(); }, ended.get()};
  }
};

class Chain final : public CredentialsProvider {
 public:
  Chain(std::shared_ptr<Runtime> runtime, std::shared_ptr<TlsContext> tls, const Environment& environment);
  ~Chain() override;
  void Get(CredentialsCallback done) override {
    if (fixed_) return done(fixed_);
    {
      std::lock_guard lock(mutex_);
      ++in_flight_;
    }
    Try(0, "", [this, done = std::move(done)](CredentialsResult result) {
      done(std::move(result));
      std::lock_guard lock(mutex_);
      --in_flight_;
      idle_.notify_all();
    });
  }

 private:
  struct Step {
    Chain* chain;
    size_t index;
    std::string tried;
    CredentialsCallback done;
  };
  void AddProfile(const Environment& environment);
  void AddWebIdentity(const Environment& environment);
  void AddContainerOrInstance(const Environment& environment);
  void Add(CrtProvider provider) {
    if (provider.provider) {
      providers_.push_back(std::move(provider));
    } else {
      not_used_ += ", " + provider.name + " (" + CrtErrorText(aws_last_error()) + ")";
    }
  }
  void Try(size_t index, std::string tried, CredentialsCallback done);
  void Answered(std::unique_ptr<Step> step, aws_credentials* credentials, int error);

  const std::shared_ptr<Runtime> runtime_;
  const std::shared_ptr<TlsContext> tls_;
  std::shared_ptr<const Credentials> fixed_;  // from the environment; shared: see CredentialsResult
  std::vector<CrtProvider> providers_;        // in the order of the chain
  std::string not_used_;                      // sources that are not configured, for the error message
  std::mutex mutex_;
  std::condition_variable idle_;
  int in_flight_ = 0;  // guarded by mutex_
};

Chain::Chain(std::shared_ptr<Runtime> runtime, std::shared_ptr<TlsContext> tls, const Environment& environment)
    : runtime_(std::move(runtime)), tls_(std::move(tls)) {
  const std::string key = environment("AWS_ACCESS_KEY_ID"), secret = environment("AWS_SECRET_ACCESS_KEY");
  if (!key.empty() && !secret.empty()) {
    fixed_ = std::make_shared<Credentials>(Credentials{key, secret, environment("AWS_SESSION_TOKEN"), kNever});
    return;
  }
  not_used_ = key.empty() && secret.empty() ? "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set)"
              : key.empty() ? "the variable AWS_ACCESS_KEY_ID (not set, though AWS_SECRET_ACCESS_KEY is)"
                            : "the variable AWS_SECRET_ACCESS_KEY (not set, though AWS_ACCESS_KEY_ID is)";
  AddProfile(environment);
  AddWebIdentity(environment);
  AddContainerOrInstance(environment);
}

Chain::~Chain() {
  {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return in_flight_ == 0; });
  }
  for (auto& entry : providers_) aws_credentials_provider_release(entry.provider);
  for (auto& entry : providers_) entry.ended->get_future().wait();
}

void Chain::AddProfile(const Environment& environment) {
  const Profile profile(*runtime_, environment);
  if (!profile.exists()) {
    not_used_ += ", the profile '" + profile.name() + "' (not in " + profile.credentials_path() + " or " +
                 profile.config_path() + ")";
    return;
  }
  if (!profile.Get("sso_account_id").empty()) {
    CrtProvider sso{"single sign-on of the profile '" + profile.name() + "'"};
    aws_credentials_provider_sso_options options{};
    options.shutdown_options = sso.OnEnd();
    options.profile_name_override = Cursor(profile.name());
    options.config_file_name_override = Cursor(profile.config_path());
    options.bootstrap = runtime_->bootstrap();
    options.tls_ctx = tls_->get();
    sso.provider = aws_credentials_provider_new_sso(runtime_->allocator(), &options);
    Add(std::move(sso));
    return;
  }
  CrtProvider entry{"the profile '" + profile.name() + "' of " + profile.credentials_path() + " and " +
                    profile.config_path()};
  aws_credentials_provider_profile_options options{};
  options.shutdown_options = entry.OnEnd();
  options.profile_name_override = Cursor(profile.name());
  options.config_file_name_override = Cursor(profile.config_path());
  options.credentials_file_name_override = Cursor(profile.credentials_path());
  options.bootstrap = runtime_->bootstrap();
  options.tls_ctx = tls_->get();
  entry.provider = aws_credentials_provider_new_profile(runtime_->allocator(), &options);
  Add(std::move(entry));
}

void Chain::AddWebIdentity(const Environment& environment) {
  const std::string token_file = environment("AWS_WEB_IDENTITY_TOKEN_FILE"), role = environment("AWS_ROLE_ARN");
  if (token_file.empty() || role.empty()) {
    not_used_ += ", web identity (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN not set)";
    return;
  }
  CrtProvider entry{"web identity (" + token_file + ", " + role + ")"};
  const std::string session = environment("AWS_ROLE_SESSION_NAME");
  std::string region = environment("AWS_REGION");
  if (region.empty()) region = environment("AWS_DEFAULT_REGION");
  aws_credentials_provider_sts_web_identity_options options{};
  options.shutdown_options = entry.OnEnd();
  options.bootstrap = runtime_->bootstrap();
  options.tls_ctx = tls_->get();
  options.region = Cursor(region);
  options.role_arn = Cursor(role);
  options.role_session_name = Cursor(session);
  options.token_file_path = Cursor(token_file);
  entry.provider = aws_credentials_provider_new_sts_web_identity(runtime_->allocator(), &options);
  Add(std::move(entry));
}

void Chain::AddContainerOrInstance(const Environment& environment) {
  const std::string relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
                    full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative.empty() || !full.empty()) {
    CrtProvider entry{"the container's credentials (" + (relative.empty() ? full : relative) + ")"};
    aws_credentials_provider_ecs_environment_options options{};
    options.shutdown_options = entry.OnEnd();
    options.bootstrap = runtime_->bootstrap();
    options.tls_ctx = tls_->get();
    entry.provider = aws_credentials_provider_new_ecs_from_environment(runtime_->allocator(), &options);
    Add(std::move(entry));
    return;
  }
  if (environment("AWS_EC2_METADATA_DISABLED") == "true") {
    not_used_ += ", the instance's metadata (AWS_EC2_METADATA_DISABLED is true)";
    return;
  }
  CrtProvider entry{"the instance's metadata"};
  const std::string endpoint = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  aws_credentials_provider_imds_options options{};
  options.shutdown_options = entry.OnEnd();
  options.bootstrap = runtime_->bootstrap();
  options.imds_version = IMDS_PROTOCOL_V2;
  options.imds_endpoint = Cursor(endpoint);
  entry.provider = aws_credentials_provider_new_imds(runtime_->allocator(), &options);
  Add(std::move(entry));
}

void Chain::Try(size_t index, std::string tried, CredentialsCallback done) {
  if (index == providers_.size()) {
    return done(Status::Environment(
                    "no AWS credentials; looked at " + not_used_ + tried,
                    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is attached")
                    .WithCode("NoCredentials"));
  }
  auto step = std::make_unique<Step>(Step{this, index, std::move(tried), std::move(done)});
  const auto on_answer = [](aws_credentials* credentials, int error, void* user) {
    auto step = std::unique_ptr<Step>(static_cast<Step*>(user));
    Chain* chain = step->chain;
    chain->Answered(std::move(step), credentials, error);
  };
  Step* raw = step.release();
  if (aws_credentials_provider_get_credentials(providers_[index].provider, on_answer, raw) != AWS_OP_SUCCESS) {
    Answered(std::unique_ptr<Step>(raw), nullptr, aws_last_error());
  }
}

// A failed assume-role of a profile comes with error 0 and no credentials: the pointer counts.
void Chain::Answered(std::unique_ptr<Step> step, aws_credentials* credentials, int error) {
  if (!credentials || aws_credentials_is_anonymous(credentials)) {
    std::string tried =
        step->tried + ", " + providers_[step->index].name + " (" + (error ? CrtErrorText(error) : "gave none") + ")";
    return Try(step->index + 1, std::move(tried), std::move(step->done));
  }
  Credentials found{Text(aws_credentials_get_access_key_id(credentials)),
                    Text(aws_credentials_get_secret_access_key(credentials)),
                    Text(aws_credentials_get_session_token(credentials)), kNever};
  const uint64_t expires = aws_credentials_get_expiration_timepoint_seconds(credentials);
  if (expires < static_cast<uint64_t>(kNever / kMicrosPerSecond))
    found.expires_micros = static_cast<int64_t>(expires) * kMicrosPerSecond;
  step->done(std::make_shared<const Credentials>(std::move(found)));
}

}  // namespace

std::unique_ptr<CredentialsProvider> MakeCredentialsChain(std::shared_ptr<Runtime> runtime,
                                                          std::shared_ptr<TlsContext> tls,
                                                          const Environment& environment) {
  return std::make_unique<Chain>(std::move(runtime), std::move(tls), environment);
}

}  // namespace laminar::aws
