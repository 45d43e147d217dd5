#include "server/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace laminar::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A client of bytes.
class Client {
 public:
  explicit Client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False: the server has closed it.
  bool Send(const std::string& bytes) {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // All bytes until they hold `until`, or the end.
  std::string Read(const std::string& until = "\1never") {
    while (received_.find(until) == received_.npos) {
      char buffer[4096];
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      received_.append(buffer, static_cast<size_t>(n));
    }
    return received_;
  }
  void Forget() { received_.clear(); }

 private:
  const int fd_;
  std::string received_;
};

std::string Get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    auto server = HttpServer::Start(
        options, [this](const HttpRequest& request) { return Answer(request); },
        [](int status, const std::string& why) { return HttpResponse{.status = status, .body = "refused: " + why}; });
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }
  uint16_t port() const { return server_->address().port; }

  HttpResponse Answer(const HttpRequest& request) {
    if (request.path == "/wait") {
      std::unique_lock lock(mutex_);
      waiting_++;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
    }
    if (request.path == "/slow")
      return {.rest = [this, &request] { return Answer({.method = "SLOW", .path = "/wait", .query = request.query}); }};
    if (request.path == "/events") {
      auto events = std::make_shared<EventStream>();
      const std::lock_guard lock(mutex_);
      streams_.push_back(events);
      changed_.notify_all();
      return {.events = events};
    }
    return {.body = request.method + " " + request.path + "?" + request.query + " " + request.Header("x-more") + " [" +
                    (request.body.size() > 100 ? std::to_string(request.body.size()) : request.body) + "] " +
                    request.peer};
  }
  void AwaitWaiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  std::shared_ptr<EventStream> AwaitStream() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !streams_.empty(); });
    return streams_.back();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool released_ = false;
  std::vector<std::shared_ptr<EventStream>> streams_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersOnOneConnectionInOrder) {
  Start();
  Client client(port());
  // Two at once, one behind the other; escapes, a body, HEAD.
  client.Send(Get("/a%20b?q=%31", "X-More: yes\r\n") + "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(client.Read("[abc]"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                                          HasSubstr("GET /a b?q=%31 yes [] 127.0.0.1"), HasSubstr("POST /c? ")));
  client.Forget();
  client.Send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n" + Get("/z"));
  const std::string answers = client.Read("GET /z");
  EXPECT_EQ(answers.find("GET /h"), answers.npos);
  EXPECT_THAT(answers, HasSubstr("Content-Length: 21"));
  client.Forget();
  client.Send("POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_THAT(client.Read("hello"), HasSubstr("[hello]"));
  client.Forget();
  client.Send("POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.Read("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  client.Send("ok");
  EXPECT_THAT(client.Read("[ok]"), HasSubstr("POST /e?"));
  client.Forget();
  client.Send("GET /last HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.Read(), HasSubstr("GET /last"));
}

TEST_F(HttpServerTest, WhatIsTooLargeOrNoHttpIsRefused) {
  Start({.most_header_bytes = 1000, .most_body_bytes = 1000});
  const auto answer = [&](const std::string& request) {
    Client client(port());
    client.Send(request);
    return client.Read();
  };
  EXPECT_THAT(answer(Get("/", "X: " + std::string(2000, 'x') + "\r\n")),
              AllOf(StartsWith("HTTP/1.1 431"), HasSubstr("larger than 1000 bytes")));
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("refused: the body")));
  // Sent all the same: the answer is still read.
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + std::string(3'000'000, 'x')),
              StartsWith("HTTP/1.1 413"));
  std::string chunks = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 200; i++) chunks += "a\r\n0123456789\r\n";
  EXPECT_THAT(answer(chunks), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("GET http://x/y HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpServerTest, WhatStandsAroundTheChunksOfABodyIsBounded) {
  Start({.most_header_bytes = 10'000});
  const std::string head = "/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string trailers = "0\r\n";
  for (int i = 0; i < 100'000; i++) trailers += "A: b\r\n";
  for (const std::string& body : {"2;" + std::string(500'000, 'a'), trailers, std::string(500'000, '0')}) {
    for (const char* method : {"GET ", "POST "}) {
      Client client(port());
      client.Send(method + head + body);
      EXPECT_THAT(client.Read(), AllOf(StartsWith("HTTP/1.1 431"), HasSubstr("refused: what stands around")));
    }
  }
  // Ordinary ones come through, however large the body.
  std::string chunks = "POST " + head;
  for (int i = 0; i < 20; i++) chunks += "19000;a=b\r\n" + std::string(0x19000, 'x') + "\r\n";
  Client client(port());
  client.Send(chunks + "0\r\nX-More: smuggled\r\n\r\n" + Get("/next"));
  EXPECT_THAT(client.Read("/next"), AllOf(HasSubstr("[2048000]"), ::testing::Not(HasSubstr("smuggled"))));
  client.Forget();
  client.Send("POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n" + std::string(2 << 20, 'x'));
  EXPECT_THAT(client.Read("[2097152]"), HasSubstr("POST /whole"));
}

TEST_F(HttpServerTest, WhatCouldBeReadInTwoWaysIsRefused) {
  Start();
  const auto answer = [&](const std::string& headers, const std::string& start = "POST / HTTP/1.1\r\nHost: x\r\n") {
    Client client(port());
    client.Send(start + headers + "\r\n3\r\nabc\r\n0\r\n\r\n");
    const std::string answers = client.Read();                       // until it is closed
    EXPECT_EQ(answers.find("\nHTTP/1.1"), answers.npos) << answers;  // one for all
    return answers.substr(0, 12);
  };
  for (const char* encoding : {"xchunked", "identity", "gzip, chunked", "chunked, chunked", "\"chunked\"", ""})
    EXPECT_EQ(answer("Transfer-Encoding: " + std::string(encoding) + "\r\n"), "HTTP/1.1 501") << encoding;
  EXPECT_EQ(answer("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"), "HTTP/1.1 501");
  EXPECT_EQ(answer("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answer("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answer("", "POST / HTTP/1.1\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answer("Host: x\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answer("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answer("Content-Encoding: gzip\r\n"), "HTTP/1.1 415");
  EXPECT_EQ(answer("Content-Encoding: identity\r\nContent-Encoding: br\r\n"), "HTTP/1.1 415");
  EXPECT_EQ(answer("Expect: 200-ok\r\n"), "HTTP/1.1 417");
  EXPECT_EQ(answer("Expect: 100-continue\r\nExpect: more\r\n"), "HTTP/1.1 417");
  Client client(port());
  client.Send(
      "POST /fine HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\nContent-Encoding: identity\r\n\r\n0\r\n\r\n");
  EXPECT_THAT(client.Read("/fine"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, WhatWaitsHoldsUpNobodyElse) {
  Start({.handler_threads = 1, .slow_threads = 2});
  std::vector<std::unique_ptr<Client>> waiting;
  for (int i = 0; i < 2; i++) {
    waiting.push_back(std::make_unique<Client>(port()));
    waiting.back()->Send(Get("/slow?" + std::to_string(i)));
  }
  AwaitWaiting(2);
  Client quick(port());
  quick.Send(Get("/quick"));
  EXPECT_THAT(quick.Read("/quick"), HasSubstr("GET /quick"));
  Release();
  for (int i = 0; i < 2; i++) EXPECT_THAT(waiting[i]->Read("SLOW /wait?" + std::to_string(i)), HasSubstr("200 OK"));
}

TEST_F(HttpServerTest, SlowClientsAreCutOffAndHoldUpNobody) {
  Start({.handler_threads = 1,
         .header_timeout_millis = 1'500,
         .body_timeout_millis = 1'500,
         .idle_timeout_millis = 1'500});
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 50; i++) {
    slow.push_back(std::make_unique<Client>(port()));
    slow.back()->Send(i % 2 == 0 ? "GET / HTTP/1.1\r\nX: "
                                 : "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n");
  }
  // A byte now and then does not help them, and others are answered meanwhile.
  bool all_closed = false;
  while (!all_closed) {
    Client quick(port());
    quick.Send(Get("/quick"));
    EXPECT_THAT(quick.Read("quick"), HasSubstr("GET /quick"));
    all_closed = true;
    for (auto& client : slow) all_closed = !client->Send("x") && all_closed;
  }
  EXPECT_THAT(slow[0]->Read(), AnyOf(StartsWith("HTTP/1.1 408"), ::testing::IsEmpty()));
  Client idle(port());
  EXPECT_EQ(idle.Read(), "");  // until it is closed
}

TEST_F(HttpServerTest, MoreConnectionsThanAllowedAreTold) {
  Start({.most_connections = 3});
  std::vector<std::unique_ptr<Client>> held;
  for (int i = 0; i < 3; i++) {
    held.push_back(std::make_unique<Client>(port()));
    held.back()->Send(Get("/"));
    held.back()->Read("GET /");
  }
  {
    Client more(port());
    EXPECT_THAT(more.Read(), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("as many connections")));
  }
  held.pop_back();
  for (std::string said; said.find("GET /again") == said.npos;) {  // once the server has seen that it is gone
    Client again(port());
    again.Send(Get("/again"));
    said = again.Read("\r\n\r\n");
    said = again.Read(said.starts_with("HTTP/1.1 503") ? "\1never" : "GET /again");
  }
}

TEST_F(HttpServerTest, EventsComeAsTheyAreSent) {
  Start();
  auto client = std::make_unique<Client>(port());
  client->Send(Get("/events"));
  const auto stream = AwaitStream();
  EXPECT_TRUE(stream->Send("row", "one\ntwo"));
  EXPECT_THAT(client->Read("two\n"),
              AllOf(HasSubstr("text/event-stream"), HasSubstr("event: row\ndata: one\ndata: two\n\n")));
  EXPECT_TRUE(stream->Send("row", "three"));
  client->Read("three");
  stream->End();
  EXPECT_THAT(client->Read(), ::testing::EndsWith("0\r\n\r\n"));
  EXPECT_FALSE(stream->Send("row", "four"));

  client = std::make_unique<Client>(port());
  client->Send(Get("/events"));
  client->Read("\r\n\r\n");
  const auto left = AwaitStream();
  client.reset();
  while (left->Send("row", std::string(1000, 'x'))) std::this_thread::yield();
  while (!left->closed()) std::this_thread::yield();
}

TEST_F(HttpServerTest, AClientOfEventsThatHasGoneIsNoticedAtOnce) {
  Start();
  const SystemClock clock;
  const int64_t began = clock.SteadyMicros();
  for (int i = 0; i < 20; i++) {
    Client client(port());
    client.Send(Get("/events") + "what it sends is dropped");
    client.Read("\r\n\r\n");
  }
  // None of them sends anything, and the heartbeat of 15 s would come later.
  while (server_->connections() > 0) std::this_thread::yield();
  EXPECT_LT(clock.SteadyMicros() - began, 10 * kMicrosPerSecond);
  for (const auto& stream : streams_) EXPECT_TRUE(stream->closed());
}

TEST(EventStream, IsBounded) {
  EventStream stream;
  size_t sent = 0;
  while (stream.Send("row", std::string(10'000, 'x'))) sent++;
  EXPECT_GT(sent, 100u);
  EXPECT_FALSE(stream.Send("row", std::string(10'000, 'x')));
  bool ended = false;
  EXPECT_THAT(stream.Take(&ended), HasSubstr("event: left_out\ndata: 2\n"));
  EXPECT_TRUE(stream.Send("row", "x"));
  EXPECT_EQ(stream.Take(&ended), "event: row\ndata: x\n\n");
  EXPECT_FALSE(ended);
}

TEST_F(HttpServerTest, StopsWhenWhatRunsIsAnswered) {
  Start();
  Client busy(port()), idle(port());
  busy.Send(Get("/wait"));
  AwaitWaiting(1);
  std::thread stopping([&] { server_->Stop(60'000); });
  EXPECT_EQ(idle.Read(), "");
  Release();
  EXPECT_THAT(busy.Read(), HasSubstr("GET /wait"));
  stopping.join();
  EXPECT_EQ(server_->connections(), 0);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const auto refusal = [](int, const std::string&) { return HttpResponse(); };
  const auto handler = [](const HttpRequest&) { return HttpResponse(); };
  const auto first = HttpServer::Start({}, handler, refusal);
  ASSERT_TRUE(first.ok());
  const auto second = HttpServer::Start({.address = (*first)->address()}, handler, refusal);
  EXPECT_EQ(second.status().kind(), StatusKind::kEnvironment);
  EXPECT_THAT(second.status().message(), HasSubstr("cannot listen on 127.0.0.1:"));
  EXPECT_EQ(HttpServer::Start({.address = {"192.0.2.1", 0}}, handler, refusal).status().kind(), StatusKind::kUser);
  EXPECT_THAT(HttpServer::Start({.tls_cert = "/none.pem", .tls_key = "/none.key"}, handler, refusal).status().message(),
              HasSubstr("the certificate /none.pem cannot be used"));
}

}  // namespace
}  // namespace laminar::server
