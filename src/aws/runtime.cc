#include "aws/runtime.h"

#include <aws/auth/auth.h>
#include <aws/common/logging.h>
#include <aws/common/thread.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/host_resolver.h>
#include <aws/io/logging.h>
#include <aws/io/tls_channel_handler.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/check.h"

namespace laminar::aws {

namespace {

constexpr size_t kResolverEntries = 64;
constexpr unsigned kMostLoopThreads = 4;

thread_local std::string last_tls_error;

// The CRT hands out no more than "negotiation failure"; the reason goes only into its log. This logger listens to the
// TLS handler's warnings and remembers the last one per thread.
int OnLog(aws_logger*, aws_log_level, aws_log_subject_t, const char* format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  std::vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (const std::string_view text(line); text.find("negotiation failed with error ") != std::string_view::npos) {
    last_tls_error = text.substr(text.find("negotiation failed with error ") + 30);
    if (size_t detail = last_tls_error.find(" ("); detail != std::string::npos) last_tls_error.resize(detail);
  }
  return AWS_OP_SUCCESS;
}
aws_log_level LogLevelOf(aws_logger*, aws_log_subject_t subject) {
  return subject == AWS_LS_IO_TLS ? AWS_LL_WARN : AWS_LL_NONE;
}
void CleanUpLogger(aws_logger*) {}
int SetLogLevel(aws_logger*, aws_log_level) {
  return AWS_OP_SUCCESS;
}
aws_logger_vtable logger_vtable = {OnLog, LogLevelOf, CleanUpLogger, SetLogLevel};
aws_logger logger = {&logger_vtable, nullptr, nullptr};

// Never undone: the libraries' own clean-up is for programs that unload them.
void InitLibraries() {
  static std::once_flag once;
  std::call_once(once, [] {
    aws_auth_library_init(aws_default_allocator());  // brings in the HTTP, I/O, crypto and common libraries
    aws_logger_set(&logger);
  });
}

}  // namespace

std::shared_ptr<Runtime> Runtime::Acquire() {
  static std::mutex mutex;
  static std::weak_ptr<Runtime> current;  // guarded by mutex
  std::lock_guard lock(mutex);
  auto runtime = current.lock();
  if (!runtime) {
    runtime.reset(new Runtime());
    current = runtime;
  }
  return runtime;
}

Runtime::Runtime() : allocator_(aws_default_allocator()) {
  InitLibraries();
  const auto threads = static_cast<uint16_t>(std::clamp(std::thread::hardware_concurrency() / 2, 1u, kMostLoopThreads));
  loops_ = aws_event_loop_group_new_default(allocator_, threads, nullptr);
  aws_host_resolver_default_options resolver_options{};
  resolver_options.el_group = loops_;
  resolver_options.max_entries = kResolverEntries;
  resolver_ = aws_host_resolver_new_default(allocator_, &resolver_options);
  aws_client_bootstrap_options bootstrap_options{};
  bootstrap_options.event_loop_group = loops_;
  bootstrap_options.host_resolver = resolver_;
  bootstrap_ = aws_client_bootstrap_new(allocator_, &bootstrap_options);
  CHECK_MSG(bootstrap_ != nullptr, "the AWS CRT cannot start its event loops");
}

Runtime::~Runtime() {
  aws_client_bootstrap_release(bootstrap_);
  aws_host_resolver_release(resolver_);
  aws_event_loop_group_release(loops_);
  aws_thread_set_managed_join_timeout_ns(uint64_t{kJoinSeconds} * 1'000'000'000);
  aws_thread_join_all_managed();
}

Result<std::shared_ptr<TlsContext>> TlsContext::Create(const Runtime& runtime, const std::string& ca_file) {
  aws_tls_ctx_options options;
  aws_tls_ctx_options_init_default_client(&options, runtime.allocator());
  aws_tls_ctx* context = nullptr;
  if (ca_file.empty() || aws_tls_ctx_options_override_default_trust_store_from_path(
                             &options, nullptr, ca_file.c_str()) == AWS_OP_SUCCESS) {
    context = aws_tls_client_ctx_new(runtime.allocator(), &options);
  }
  const int error = aws_last_error();
  aws_tls_ctx_options_clean_up(&options);
  if (!context) {
    return Status::Environment(ca_file.empty()
                                   ? "the system's TLS certificates cannot be loaded: " + CrtErrorText(error)
                                   : "the CA file " + ca_file + " cannot be used: " + CrtErrorText(error),
                               "Set AWS_CA_BUNDLE to a readable PEM file with the certificates to trust");
  }
  return std::shared_ptr<TlsContext>(new TlsContext(context));
}

TlsContext::~TlsContext() {
  aws_tls_ctx_release(context_);
}

std::string LastTlsError() {
  return last_tls_error;
}

std::string CrtErrorText(int error) {
  std::string text = aws_error_str(error);
  while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
  return text + " (" + aws_error_name(error) + ")";
}

}  // namespace laminar::aws
