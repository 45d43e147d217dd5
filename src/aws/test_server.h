// For tests only: an HTTP/1.1 server on a free loopback port that answers what the test says, byte for byte.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"

namespace laminar::aws {

// Each connection is served by a thread of its own. All threads end in the destructor, whatever the clients do.
class TestServer {
 public:
  struct Request {
    std::string head, body;  // head: the request line and the headers, as received
    // A header's value; "" = absent. name in lower case.
    std::string Header(const std::string& name) const {
      std::string lower = head;
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
      const size_t at = lower.find("\r\n" + name + ":");
      if (at == std::string::npos) return "";
      const size_t begin = head.find_first_not_of(' ', at + name.size() + 3);
      return head.substr(begin, head.find("\r\n", begin) - begin);
    }
  };
  // The bytes to answer with; "" = never answer, and keep the connection open.
  using Handler = std::function<std::string(const Request&)>;

  explicit TestServer(Handler handler) : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    CHECK(pipe(stop_) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(listen(listener_, 64) == 0);
    socklen_t length = sizeof address;
    CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~TestServer() {
    close(stop_[1]);  // every poll wakes up: the pipe's other end is readable from now on
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
    close(listener_);
    close(stop_[0]);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<Request> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }

  // A well-formed answer. extra: more header lines, each with its \r\n.
  static std::string Answer(int status, const std::string& body, const std::string& extra = "") {
    return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           extra + "\r\n" + body;
  }

 private:
  // False when the server stops.
  bool Readable(int fd) const {
    pollfd fds[2] = {{fd, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    while (poll(fds, 2, -1) < 0) {
    }
    return fds[1].revents == 0;
  }
  void Accept() {
    while (Readable(listener_)) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      threads_.emplace_back([this, connection] {
        Serve(connection);
        close(connection);
      });
    }
  }
  void Serve(int connection) {
    std::string input;
    for (;;) {
      size_t end;
      while ((end = input.find("\r\n\r\n")) == std::string::npos) {
        if (!Receive(connection, &input)) return;
      }
      Request request{input.substr(0, end + 2), ""};
      const size_t length = std::strtoul(request.Header("content-length").c_str(), nullptr, 10);
      while (input.size() < end + 4 + length) {
        if (!Receive(connection, &input)) return;
      }
      request.body = input.substr(end + 4, length);
      input.erase(0, end + 4 + length);
      {
        std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const std::string answer = handler_(request);
      for (size_t sent = 0; sent < answer.size();) {
        const ssize_t n = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return;
        sent += static_cast<size_t>(n);
      }
    }
  }
  bool Receive(int connection, std::string* input) const {
    char buffer[16384];
    if (!Readable(connection)) return false;
    const ssize_t n = recv(connection, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    input->append(buffer, static_cast<size_t>(n));
    return true;
  }

  const Handler handler_;
  const int listener_;
  int stop_[2];
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;     // guarded by mutex_
  std::vector<std::thread> threads_;  // of the acceptor, until it has ended
  std::thread acceptor_;
};

}  // namespace laminar::aws
