#include "base/status.h"

namespace laminar {

namespace {
const std::string kEmpty;
}

const std::string& Status::message() const {
  return rep_ ? rep_->message : kEmpty;
}
const std::string& Status::hint() const {
  return rep_ ? rep_->hint : kEmpty;
}
const std::string& Status::code() const {
  return rep_ ? rep_->code : kEmpty;
}

Status Status::At(SqlPosition position) && {
  if (rep_ && !rep_->position.known()) {
    rep_ = std::make_shared<Rep>(*rep_);
    rep_->position = position;
  }
  return std::move(*this);
}

Status Status::WithCode(std::string code) && {
  if (rep_) {
    rep_ = std::make_shared<Rep>(*rep_);
    rep_->code = std::move(code);
  }
  return std::move(*this);
}

Status Status::WithContext(const std::string& prefix) && {
  if (rep_) {
    rep_ = std::make_shared<Rep>(*rep_);
    rep_->message = prefix + ": " + rep_->message;
  }
  return std::move(*this);
}

std::string Status::ToString() const {
  if (ok()) return "ok";
  std::string out;
  if (rep_->position.known()) {
    out = "line " + std::to_string(rep_->position.line) + ", column " + std::to_string(rep_->position.column) + ": ";
  }
  out += rep_->message;
  if (!rep_->hint.empty()) out += ". " + rep_->hint;
  return out;
}

}  // namespace laminar
