// HttpSession: one connection, from its acceptance to its end. All its steps run on the thread of the io_context; only
// the handler runs elsewhere, while nothing is read or written.
//
// Deadlines: beast::tcp_stream ends every operation that is under way when the time of expires_after has come, so one
// call of it bounds all reads of a request's headers together, however slowly they trickle in.
#pragma once

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "server/http/request_head.h"
#include "server/http/session_context.h"
#include "server/http/translate.h"

namespace laminar::server {

namespace beast = boost::beast;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

template <class Stream>
class HttpSession final : public AnySession, public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  HttpSession(Stream stream, SessionContext* context)
      : stream_(std::move(stream)),
        context_(context),
        timer_(stream_.get_executor()),
        buffer_(std::max(kReadBytes, context->options.most_header_bytes)) {
    context_->sessions.insert(this);
    beast::error_code error;
    const auto peer = socket().remote_endpoint(error);
    if (!error) peer_ = peer.address().to_string();
  }
  ~HttpSession() override {
    if (events_) events_->Close();
    context_->sessions.erase(this);
    context_->ended();
  }
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void Start() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Within(context_->options.header_timeout_millis);
      stream_.async_handshake(asio::ssl::stream_base::server, Bind(&HttpSession::OnHandshake));
    } else {
      AwaitRequest();
    }
  }
  // Instead of Start: there is no room for it.
  void StartRefused() {
    response_ = ToBeast(context_->refusal(503, "the server has as many connections as it may have"), 11, false);
    WriteResponse();
  }
  void EndIfIdle() override {
    if (idle_) beast::get_lowest_layer(stream_).cancel();
  }

 private:
  template <class Method>
  auto Bind(Method method) {
    return beast::bind_front_handler(method, this->shared_from_this());
  }
  auto& socket() { return beast::get_lowest_layer(stream_).socket(); }
  void Within(int64_t millis) { beast::get_lowest_layer(stream_).expires_after(std::chrono::milliseconds(millis)); }

  void OnHandshake(beast::error_code error) {
    if (!error) AwaitRequest();
  }

  // Until its first byte a request may take its time.
  void AwaitRequest() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(context_->options.most_header_bytes));
    parser_->body_limit(context_->options.most_body_bytes);
    if (buffer_.size() > 0) return ReadHeader();
    idle_ = true;
    Within(context_->options.idle_timeout_millis);
    stream_.async_read_some(buffer_.prepare(kReadBytes), Bind(&HttpSession::OnFirstBytes));
  }

  void OnFirstBytes(beast::error_code error, size_t bytes) {
    idle_ = false;
    if (error || context_->stopping) return Close();
    buffer_.commit(bytes);
    ReadHeader();
  }

  void ReadHeader() {
    Within(context_->options.header_timeout_millis);
    beast::http::async_read_header(stream_, buffer_, *parser_, Bind(&HttpSession::OnHeader));
  }

  void OnHeader(beast::error_code error, size_t /*bytes*/) {
    if (error) return OnBadRequest(error);
    const auto length = parser_->content_length();
    if (length && *length > context_->options.most_body_bytes) return OnBadRequest(beast::http::error::body_limit);
    const auto& head = parser_->get();
    if (const auto problem = ProblemOf(head)) return Refuse(problem->status, problem->why);
    version_ = head.version();
    keep_alive_ = head.keep_alive();
    is_head_ = head.method() == beast::http::verb::head;
    // Here, as what stands behind the last chunk would be among the headers later.
    request_ = FromBeast(head, peer_);
    if (!request_) return Refuse(400, "the path of the request is not one");
    Within(context_->options.body_timeout_millis);
    if (AwaitsContinue(head)) {
      continue_ = {beast::http::status::continue_, version_};
      beast::http::async_write(stream_, continue_, Bind(&HttpSession::OnContinued));
    } else {
      ReadBody();
    }
  }

  void OnContinued(beast::error_code error, size_t /*bytes*/) {
    if (!error) ReadBody();
  }

  void ReadBody() { beast::http::async_read(stream_, buffer_, *parser_, Bind(&HttpSession::OnRequest)); }

  void OnRequest(beast::error_code error, size_t /*bytes*/) {
    if (error) return OnBadRequest(error);
    beast::get_lowest_layer(stream_).expires_never();
    if (context_->stopping) keep_alive_ = false;
    request_->body = std::move(parser_->get().body());
    // A pointer, as what is left to do may refer to it.
    auto kept = std::make_unique<const HttpRequest>(std::move(*request_));
    request_.reset();
    asio::post(*context_->handlers, [self = this->shared_from_this(), kept = std::move(kept)]() mutable {
      HttpResponse answer = self->context_->handler(*kept);
      if (!answer.rest) return Return(std::move(self), std::move(answer));
      auto& slow = *self->context_->slow_handlers;
      asio::post(slow, [self = std::move(self), kept = std::move(kept), rest = std::move(answer.rest)]() mutable {
        Return(std::move(self), rest());
      });
    });
  }

  // From a handler's thread. The session is moved, so that it ends on the io thread.
  static void Return(std::shared_ptr<HttpSession> self, HttpResponse answer) {
    auto executor = self->stream_.get_executor();
    asio::post(executor,
               [self = std::move(self), answer = std::move(answer)]() mutable { self->OnAnswer(std::move(answer)); });
  }

  void OnAnswer(HttpResponse answer) {
    events_ = std::move(answer.events);
    if (events_ && !is_head_) return StartEvents(answer);
    response_ = ToBeast(std::move(answer), version_, keep_alive_);
    if (is_head_) {
      response_.content_length(response_.body().size());
      response_.body().clear();
      head_serializer_.emplace(response_);
      Within(context_->options.write_timeout_millis);
      return beast::http::async_write_header(stream_, *head_serializer_, Bind(&HttpSession::OnWritten));
    }
    WriteResponse();
  }

  void WriteResponse() {
    Within(context_->options.write_timeout_millis);
    keep_alive_ = response_.keep_alive();
    beast::http::async_write(stream_, response_, Bind(&HttpSession::OnWritten));
  }

  void OnWritten(beast::error_code error, size_t /*bytes*/) {
    if (error || !keep_alive_ || context_->stopping) return Close();
    response_ = {};
    AwaitRequest();
  }

  void OnBadRequest(beast::error_code error) {
    const auto problem = ProblemOf(error, context_->options);
    problem ? Refuse(problem->status, problem->why) : Close();
  }

  void Refuse(int status, const std::string& why) {
    response_ = ToBeast(context_->refusal(status, why), 11, /*keep_alive=*/false);
    WriteResponse();
  }

  // ---- Server-Sent Events: chunks without end, or until the connection's with HTTP/1.0

  void StartEvents(const HttpResponse& answer) {
    events_header_ = EventsHeader(answer, version_);
    events_serializer_.emplace(events_header_);
    AwaitClientsEnd();  // before the time of the write, which would be its own too
    Within(context_->options.write_timeout_millis);
    beast::http::async_write_header(stream_, *events_serializer_, Bind(&HttpSession::OnEventsSent));
  }

  // A client that has gone shows only to who reads. Nothing is expected from it, so what it sends is dropped.
  void AwaitClientsEnd() {
    awaits_clients_end_ = true;
    stream_.async_read_some(asio::buffer(discarded_), Bind(&HttpSession::OnClientSent));
  }

  void OnClientSent(beast::error_code error, size_t bytes) {
    awaits_clients_end_ = false;
    drained_bytes_ += bytes;
    if (!error && drained_bytes_ < kMostDrainedBytes) return AwaitClientsEnd();
    events_->Close();
    // Whatever else is under way ends with it, and the session behind that.
    beast::get_lowest_layer(stream_).close();
    timer_.cancel();
  }

  void OnEventsSent(beast::error_code error, size_t /*bytes*/) {
    if (!socket().is_open()) return;
    if (error || events_ended_) return Close();
    chunk_ = events_->Take(&events_ended_);
    if (events_ended_ || context_->stopping) {
      events_ended_ = true;
      chunk_ = version_ >= 11 ? (chunk_.empty() ? "" : Chunk(chunk_)) + "0\r\n\r\n" : chunk_;
      return chunk_.empty() ? Close() : WriteChunk();
    }
    if (chunk_.empty() && ++quiet_ * kEventsMillis < kHeartbeatMillis) {
      beast::get_lowest_layer(stream_).expires_never();
      timer_.expires_after(std::chrono::milliseconds(kEventsMillis));
      return timer_.async_wait([self = this->shared_from_this()](beast::error_code) { self->OnEventsSent({}, 0); });
    }
    if (chunk_.empty()) chunk_ = ":\n\n";  // a comment: shows whether the client is there
    quiet_ = 0;
    if (version_ >= 11) chunk_ = Chunk(chunk_);
    WriteChunk();
  }

  void WriteChunk() {
    Within(context_->options.write_timeout_millis);
    asio::async_write(stream_, asio::buffer(chunk_), Bind(&HttpSession::OnEventsSent));
  }

  // The answer has been sent. Bytes that the client sent and nobody read would make the kernel take it back (RST).
  void Close() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Within(kDrainMillis);
      if (awaits_clients_end_) CloseSocketWithin(kDrainMillis);  // its read has no time
      stream_.async_shutdown([self = this->shared_from_this()](beast::error_code) {});
    } else {
      beast::error_code ignored;
      socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      if (context_->stopping) return beast::get_lowest_layer(stream_).close();
      CloseSocketWithin(kDrainMillis);
      if (!awaits_clients_end_) Drain();  // else that drains
    }
  }
  void CloseSocketWithin(int64_t millis) {
    timer_.expires_after(std::chrono::milliseconds(millis));
    timer_.async_wait([self = std::weak_ptr(this->shared_from_this())](beast::error_code error) {
      if (const auto session = self.lock(); session && !error) beast::get_lowest_layer(session->stream_).close();
    });
  }
  void Drain() {
    socket().async_read_some(asio::buffer(discarded_),
                             [self = this->shared_from_this()](beast::error_code error, size_t bytes) {
                               self->drained_bytes_ += bytes;
                               if (!error && self->drained_bytes_ < kMostDrainedBytes && !self->context_->stopping)
                                 self->Drain();
                             });
  }

  static constexpr size_t kReadBytes = 8 << 10, kMostDrainedBytes = 64 << 20;
  static constexpr int64_t kEventsMillis = 100, kHeartbeatMillis = 15'000, kDrainMillis = 2'000;

  Stream stream_;
  SessionContext* const context_;
  asio::steady_timer timer_;
  std::string peer_;
  beast::flat_buffer buffer_;  // bounded: holds what cannot be parsed before more comes
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  std::optional<HttpRequest> request_;  // while its body is read
  beast::http::response<beast::http::empty_body> continue_;
  beast::http::response<beast::http::string_body> response_;
  std::optional<beast::http::response_serializer<beast::http::string_body>> head_serializer_;
  beast::http::response<beast::http::empty_body> events_header_;
  std::optional<beast::http::response_serializer<beast::http::empty_body>> events_serializer_;
  std::shared_ptr<EventStream> events_;  // shared with whoever fills it
  std::string chunk_;
  unsigned version_ = 11;
  bool keep_alive_ = false, is_head_ = false, idle_ = false, events_ended_ = false, awaits_clients_end_ = false;
  int64_t quiet_ = 0;
  size_t drained_bytes_ = 0;
  char discarded_[4096];
};

}  // namespace laminar::server
