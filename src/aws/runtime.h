// What every network user of the process shares: the AWS CRT's event loops, its name resolver, and TLS settings.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"

struct aws_allocator;
struct aws_byte_cursor;
struct aws_client_bootstrap;
struct aws_event_loop_group;
struct aws_host_resolver;
struct aws_tls_ctx;

namespace laminar::aws {

// One for the process: everybody who Acquires while it lives gets the same. Thread-safe. The last reference must not be
// dropped on one of its own threads (that is, in a callback); dropping it waits for them, at most kJoinSeconds.
class Runtime {
 public:
  static constexpr int kJoinSeconds = 1;

  static std::shared_ptr<Runtime> Acquire();  // shared: by every client, so that threads live while anyone needs them
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  aws_allocator* allocator() const { return allocator_; }
  aws_client_bootstrap* bootstrap() const { return bootstrap_; }

 private:
  Runtime();

  aws_allocator* const allocator_;
  aws_event_loop_group* loops_ = nullptr;
  aws_host_resolver* resolver_ = nullptr;
  aws_client_bootstrap* bootstrap_ = nullptr;
};

// TLS settings of a client: server certificates are verified against the system's store, or against one PEM file.
// Immutable.
class TlsContext {
 public:
  // ca_file: "" = the system's certificates. Fails if the file cannot be read.
  static Result<std::shared_ptr<TlsContext>> Create(const Runtime& runtime,
                                                    const std::string& ca_file);  // shared: by clients
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  aws_tls_ctx* get() const { return context_; }

 private:
  explicit TlsContext(aws_tls_ctx* context) : context_(context) {}
  aws_tls_ctx* const context_;
};

// Why the last TLS handshake of this thread failed, in the TLS library's words. Meant for a negotiation callback, which
// runs on the thread of the handshake. Empty if none failed.
std::string LastTlsError();

std::string CrtErrorText(int error);  // "socket connection refused (AWS_IO_SOCKET_CONNECTION_REFUSED)"

}  // namespace laminar::aws
