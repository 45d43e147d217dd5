#include "client/http_transport.h"

#include <httplib.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <csignal>
#include <utility>

namespace laminar::client {

namespace {

constexpr time_t kConnectSeconds = 10;
constexpr time_t kAnswerSeconds = 60;  // the longest call waits 25 s for a job's end
constexpr time_t kQuietSeconds = 45;   // of events: the server sends a sign of life every 15 s

bool HoldsCertificate(const std::string& file) {
  FILE* const in = std::fopen(file.c_str(), "rb");
  if (in == nullptr) return false;
  X509* const certificate = PEM_read_X509(in, nullptr, nullptr, nullptr);
  std::fclose(in);
  X509_free(certificate);
  return certificate != nullptr;
}

bool HostIsKnown(const std::string& host) {
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (error == 0) freeaddrinfo(found);
  return error == 0;
}

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(const HttpOptions& options) : options_(options), url_(options.server.ToString()) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that have been closed
    if (options.server.tls) {
      auto client = std::make_unique<httplib::SSLClient>(options.server.host, options.server.port);
      tls_ = client.get();
      client_ = std::move(client);
      if (!options.ca_cert.empty()) client_->set_ca_cert_path(options.ca_cert);
    } else {
      client_ = std::make_unique<httplib::ClientImpl>(options.server.host, options.server.port);
    }
    client_->set_keep_alive(true);
    client_->set_url_encode(false);
    client_->set_connection_timeout(kConnectSeconds);
    client_->set_write_timeout(kAnswerSeconds);
    client_->set_tcp_nodelay(true);
  }

  Result<Reply> Send(const Request& request) override {
    client_->set_read_timeout(kAnswerSeconds);
    httplib::Request made = Make(request);
    auto result = client_->send(made);
    // A kept connection that the server has closed meanwhile; nothing of the request has been answered.
    if (!result && request.method == "GET" && result.error() == httplib::Error::Read) result = client_->send(made);
    if (!result) return Lost(result.error());
    return Reply{result->status, std::move(result->body)};
  }

  Result<Reply> Follow(const Request& request, const std::function<bool(std::string_view)>& on_bytes) override {
    client_->set_read_timeout(kQuietSeconds);
    Reply reply;
    httplib::Request made = Make(request);
    made.set_header("Accept", "text/event-stream");
    made.response_handler = [&](const httplib::Response& response) {
      reply.status = response.status;
      return true;
    };
    made.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
      if (reply.status == 200) return on_bytes({data, size});
      reply.body.append(data, size);
      return reply.body.size() < kMostErrorBytes;
    };
    const auto result = client_->send(made);
    if (!result && reply.status != 0 && result.error() == httplib::Error::Read)
      return Status::Environment("the connection to " + url_ + " was lost", "Try it again when the server answers");
    if (!result && result.error() != httplib::Error::Canceled) return Lost(result.error());
    return reply;
  }

 private:
  static constexpr size_t kMostErrorBytes = 1 << 20;

  httplib::Request Make(const Request& request) const {
    httplib::Request made;
    made.method = request.method;
    made.path = options_.server.path + request.path;
    made.set_header("User-Agent", "laminar");
    if (!options_.token.empty()) made.set_header("Authorization", "Bearer " + options_.token);
    if (!request.body.empty()) {
      made.body = request.body;
      made.set_header("Content-Type", "application/json");
    }
    return made;
  }

  Status Lost(httplib::Error error) const {
    const std::string kWhich = "--server or LAMINAR_SERVER says which server is asked";
    switch (error) {
      case httplib::Error::Connection:
      case httplib::Error::BindIPAddress:
        if (!HostIsKnown(options_.server.host))
          return Status::Environment("there is no host " + options_.server.host, kWhich);
        return Status::Environment("nobody answers at " + url_, "See whether the server runs there; " + kWhich);
      case httplib::Error::ConnectionTimeout:
        return Status::Environment("no connection to " + url_ + " within " + std::to_string(kConnectSeconds) + " s",
                                   "See whether the server runs there, and whether a firewall lets it be reached");
      case httplib::Error::SSLConnection:
        return Status::Environment(url_ + " does not speak TLS",
                                   "If the server has no --tls-cert, its address begins with http://");
      case httplib::Error::SSLLoadingCerts:
        return Status::User(
            "the certificates of " + (options_.ca_cert.empty() ? "the system" : options_.ca_cert) + " cannot be used",
            "--ca-cert names a PEM file with the certificate that the server's is signed with");
      case httplib::Error::SSLServerVerification:
        return NotTrusted();
      case httplib::Error::Read:
        return Status::Environment(
            "the connection to " + url_ + " was lost before there was an answer",
            options_.server.tls ? "Try it again; the server's log may say more"
                                : "Try it again; if the server has --tls-cert, its address begins with https://");
      default:
        return Status::Environment("the request to " + url_ + " failed: " + httplib::to_string(error),
                                   "Try it again; the server's log may say more");
    }
  }

  Status NotTrusted() const {
    const long code = tls_->get_openssl_verify_result();
    if (code == X509_V_OK) {
      return Status::User("the certificate of " + url_ + " is not for " + options_.server.host,
                          "Ask for the server by a name that its certificate has");
    }
    return Status::User("the certificate of " + url_ + " is not trusted: " + X509_verify_cert_error_string(code),
                        "--ca-cert FILE names the certificate (PEM) that it is signed with");
  }

  const HttpOptions options_;
  const std::string url_;
  std::unique_ptr<httplib::ClientImpl> client_;
  httplib::SSLClient* tls_ = nullptr;  // client_, where it is one
};

}  // namespace

Result<std::unique_ptr<Transport>> MakeHttpTransport(const HttpOptions& options) {
  if (!options.ca_cert.empty() && !HoldsCertificate(options.ca_cert)) {
    return Status::User("--ca-cert " + options.ca_cert + " cannot be read, or is no certificate",
                        "Name a PEM file: -----BEGIN CERTIFICATE-----");
  }
  return std::unique_ptr<Transport>(std::make_unique<HttpTransport>(options));
}

}  // namespace laminar::client
