#include "cli/metrics_server.h"

#include <httplib.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "metrics/prometheus_text.h"

namespace laminar::cli {

struct MetricsServer::Rep {
  ListenAddress address;
  Pages pages;
  httplib::Server server;
  std::thread thread;
};

Result<std::unique_ptr<MetricsServer>> MetricsServer::Start(const ListenAddress& address, Pages pages) {
  auto rep = std::make_unique<Rep>();
  rep->address = address;
  rep->pages = std::move(pages);
  httplib::Server& server = rep->server;
  const Pages& given = rep->pages;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  // Not the library's own choice, which lets two processes share a port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_keep_alive_max_count(1);  // a client that stays would hold one of the threads
  server.set_keep_alive_timeout(kTimeoutSeconds);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_payload_max_length(1 << 10);
  server.Get("/metrics", [&given](const httplib::Request&, httplib::Response& response) {
    response.set_content(given.metrics(), kMetricsContentType);
  });
  server.Get("/healthz", [&given](const httplib::Request&, httplib::Response& response) {
    const std::string problems = given.problems();
    response.status = problems.empty() ? 200 : 503;
    response.set_content((problems.empty() ? "ok" : problems) + "\n", "text/plain; charset=utf-8");
  });
  errno = 0;
  int port = address.port;
  if (port == 0) {
    port = server.bind_to_any_port(address.host);
  } else if (!server.bind_to_port(address.host, port)) {
    port = -1;
  }
  if (port < 0) {
    const int error = errno;
    const std::string where = "cannot serve metrics at " + address.ToString() + ": ";
    if (error == EADDRINUSE) {
      return Status::Environment(where + "the port is taken",
                                 "Name another port with --metrics-listen, or end what "
                                 "listens there");
    }
    if (error == EACCES || error == EPERM) {
      return Status::Environment(where + std::strerror(error), "Take a port of 1024 or above");
    }
    return Status::User(
        where +
            (error == 0 || error == EADDRNOTAVAIL ? "no address of this machine" : std::string(std::strerror(error))),
        "Name an address of this machine: --metrics-listen PORT or HOST:PORT, like 9464 or 0.0.0.0:9464");
  }
  rep->address.port = static_cast<uint16_t>(port);
  rep->thread = std::thread([&server] { server.listen_after_bind(); });
  std::unique_ptr<MetricsServer> started(new MetricsServer(std::move(rep)));
  // A first answer: stop() has no effect on a server that does not run yet.
  httplib::Client first(address.host, port);
  first.set_read_timeout(kTimeoutSeconds);
  static_cast<void>(first.Get("/"));
  return started;
}

MetricsServer::MetricsServer(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}

MetricsServer::~MetricsServer() {
  rep_->server.stop();
  rep_->thread.join();
}

const ListenAddress& MetricsServer::address() const {
  return rep_->address;
}

}  // namespace laminar::cli
