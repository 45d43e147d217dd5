// Status and Result: how expected failures travel. The kind says whose fault it is and so who has to change something;
// the hint says what. DuckDB's exceptions are turned into Status inside duck/ and sql/; bugs of ours are CHECKs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"

namespace laminar {

enum class StatusKind {
  kOk,
  kUser,         // the SQL, an option, an argument or the data is wrong: exit code 2 while planning, 1 while running
  kEnvironment,  // the world is wrong: no such stream, access denied, network, disk
  kCancelled,    // stopped on request
  kBug,          // Laminar is wrong
};

// A place in the user's own text. Lines and columns count from 1, columns in characters (UTF-8 code points); line 0 =
// unknown.
struct SqlPosition {
  int line = 0;
  int column = 0;
  bool known() const { return line > 0; }
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  static Status Ok() { return {}; }
  static Status User(std::string message, std::string hint = "") {
    return {StatusKind::kUser, std::move(message), std::move(hint)};
  }
  static Status Environment(std::string message, std::string hint = "") {
    return {StatusKind::kEnvironment, std::move(message), std::move(hint)};
  }
  static Status Cancelled(std::string message = "cancelled") {
    return {StatusKind::kCancelled, std::move(message), ""};
  }
  static Status Bug(std::string message) { return {StatusKind::kBug, std::move(message), ""}; }

  bool ok() const { return rep_ == nullptr; }
  StatusKind kind() const { return rep_ ? rep_->kind : StatusKind::kOk; }
  // What went wrong, one sentence without a full stop; "" when ok.
  const std::string& message() const;
  // What to change, one sentence without a full stop; may be "".
  const std::string& hint() const;
  SqlPosition position() const { return rep_ ? rep_->position : SqlPosition{}; }
  // A stable name for programs, e.g. the AWS error code "ResourceNotFoundException"; may be "".
  const std::string& code() const;

  Status At(SqlPosition position) &&;  // no-op when ok; keeps a position that is already known
  Status WithCode(std::string code) &&;
  Status WithContext(const std::string& prefix) &&;  // "prefix: message"

  // "line 3, column 7: message. Hint." on one line.
  std::string ToString() const;

 private:
  struct Rep {
    StatusKind kind;
    std::string message, hint, code;
    SqlPosition position;
  };
  Status(StatusKind kind, std::string message, std::string hint)
      : rep_(std::make_shared<Rep>(Rep{kind, std::move(message), std::move(hint), "", {}})) {}
  std::shared_ptr<Rep> rep_;  // shared: a status is copied to whoever reports it and is not changed after that
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                                 // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) { CHECK(!status_.ok()); }  // NOLINT(google-explicit-constructor)
  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& value() & {
    CHECK_MSG(ok(), status_.message().c_str());
    return *value_;
  }
  const T& value() const& {
    CHECK_MSG(ok(), status_.message().c_str());
    return *value_;
  }
  T&& value() && {
    CHECK_MSG(ok(), status_.message().c_str());
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace laminar

#define LAMINAR_CONCAT_2(a, b) a##b
#define LAMINAR_CONCAT(a, b) LAMINAR_CONCAT_2(a, b)
// RETURN_IF_ERROR(expr): returns the Status of expr from this function unless it is ok.
#define RETURN_IF_ERROR(expr)                                 \
  do {                                                        \
    if (auto status_ = (expr); !status_.ok()) return status_; \
  } while (0)
// ASSIGN_OR_RETURN(lhs, expr): assigns the value of a Result, or returns its Status.
#define ASSIGN_OR_RETURN(lhs, expr)                                                               \
  auto LAMINAR_CONCAT(result_, __LINE__) = (expr);                                                \
  if (!LAMINAR_CONCAT(result_, __LINE__).ok()) return LAMINAR_CONCAT(result_, __LINE__).status(); \
  lhs = std::move(LAMINAR_CONCAT(result_, __LINE__)).value()
