#include "server/http/http_server.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/thread_name.h"
#include "server/http/http_session.h"

namespace laminar::server {

namespace {

using asio::ip::tcp;

constexpr int kBacklog = 512;
constexpr int64_t kAcceptAgainMillis = 100;  // after there were no file descriptors

Status LoadCertificate(const HttpServerOptions& options, asio::ssl::context* tls) {
  beast::error_code error;
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                   asio::ssl::context::no_tlsv1_1);
  tls->use_certificate_chain_file(options.tls_cert, error);
  if (error) {
    return Status::User("the certificate " + options.tls_cert + " cannot be used: " + error.message(),
                        "Name a file in PEM format that holds the certificate, and behind it those it depends on");
  }
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
  if (error) {
    return Status::User("the key " + options.tls_key + " cannot be used: " + error.message(),
                        "Name the file in PEM format with the key of that certificate");
  }
  return Status::Ok();
}

class BeastServer final : public HttpServer {
 public:
  BeastServer(const HttpServerOptions& options, HttpHandler handler, HttpRefusal refusal)
      : naming_("http"),
        handlers_(static_cast<size_t>(options.handler_threads)),
        slow_handlers_(static_cast<size_t>(options.slow_threads)),
        acceptor_(io_),
        accept_timer_(io_) {
    naming_.reset();
    context_.options = options;
    context_.handler = std::move(handler);
    context_.refusal = std::move(refusal);
    context_.handlers = &handlers_;
    context_.slow_handlers = &slow_handlers_;
    context_.ended = [this] {
      const std::lock_guard lock(mutex_);
      if (--connections_ == 0) all_ended_.notify_all();
    };
  }
  ~BeastServer() override {
    Stop(0);
    handlers_.join();
    slow_handlers_.join();
  }

  Status Listen() {
    const ListenAddress& wanted = context_.options.address;
    if (!context_.options.tls_cert.empty()) {
      tls_.emplace(asio::ssl::context::tls_server);
      RETURN_IF_ERROR(LoadCertificate(context_.options, &*tls_));
    }
    beast::error_code error;
    const auto found = tcp::resolver(io_).resolve(wanted.host, std::to_string(wanted.port),
                                                  tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error || found.empty())
      return Status::User("cannot listen on " + wanted.ToString() + ": " + error.message(),
                          "Name an address of this machine, such as 127.0.0.1 or 0.0.0.0");
    const tcp::endpoint endpoint = *found.begin();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error == boost::system::errc::address_not_available)
      return Status::User("cannot listen on " + wanted.ToString() + ": " + error.message(),
                          "Name an address of this machine, such as 127.0.0.1 or 0.0.0.0");
    if (error)
      return Status::Environment("cannot listen on " + wanted.ToString() + ": " + error.message(),
                                 "Choose another port, or end the process that has this one");
    address_ = {wanted.host, acceptor_.local_endpoint().port()};
    Accept();
    thread_ = std::thread([this] {
      NameThread("http");
      io_.run();
    });
    return Status::Ok();
  }

  const ListenAddress& address() const override { return address_; }
  int connections() const override { return connections_; }

  void Stop(int64_t timeout_millis) override {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      context_.stopping = true;
      beast::error_code ignored;
      acceptor_.close(ignored);
      for (AnySession* session : context_.sessions) session->EndIfIdle();
    });
    std::unique_lock lock(mutex_);
    all_ended_.wait_for(lock, std::chrono::milliseconds(timeout_millis), [this] { return connections_ == 0; });
    lock.unlock();
    io_.stop();
    thread_.join();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (context_.stopping || error == asio::error::operation_aborted) return;
      if (error) {  // no file descriptors left, most likely: some will come back
        accept_timer_.expires_after(std::chrono::milliseconds(kAcceptAgainMillis));
        return accept_timer_.async_wait([this](beast::error_code) { Accept(); });
      }
      Begin(std::move(socket));
      Accept();
    });
  }

  void Begin(tcp::socket socket) {
    beast::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (tls_) {
      StartSession(
          std::make_shared<HttpSession<TlsStream>>(TlsStream(PlainStream(std::move(socket)), *tls_), &context_));
    } else {
      StartSession(std::make_shared<HttpSession<PlainStream>>(PlainStream(std::move(socket)), &context_));
    }
  }

  template <class Session>
  void StartSession(const std::shared_ptr<Session>& session) {
    const bool has_room = ++connections_ <= context_.options.most_connections;
    has_room ? session->Start() : session->StartRefused();
  }

  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::condition_variable all_ended_;
  SessionContext context_;
  std::optional<ThreadNameScope> naming_;  // of the threads that the members below start
  asio::thread_pool handlers_, slow_handlers_;
  asio::io_context io_{1};
  // A session whose handler runs has nothing to do there.
  const asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  tcp::acceptor acceptor_;
  asio::steady_timer accept_timer_;
  std::optional<asio::ssl::context> tls_;
  ListenAddress address_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options, HttpHandler handler,
                                                      HttpRefusal refusal) {
  auto server = std::make_unique<BeastServer>(options, std::move(handler), std::move(refusal));
  RETURN_IF_ERROR(server->Listen());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace laminar::server
