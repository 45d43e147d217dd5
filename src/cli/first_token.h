// FirstToken: where the token of a new database goes: onto stdout, or into a file that only its owner may read, so that
// it gets into nobody's log.
#pragma once

#include <string>

#include "base/status.h"

namespace laminar::cli {

class FirstToken {
 public:
  // Before the token is made, which cannot be shown again. file: "" = stdout. Error (kEnvironment): the file cannot be
  // made or written.
  static Result<FirstToken> Prepare(const std::string& file);
  // With the token: it is put there. Error (kEnvironment): it cannot be written.
  Status Put(const std::string& token) const;
  // There is none, the database is not new: a file that has been there keeps what it has.
  void None() const;

 private:
  FirstToken(std::string file, bool is_new) : file_(std::move(file)), is_new_(is_new) {}
  std::string file_;
  bool is_new_ = false;  // the file was made by Prepare
};

}  // namespace laminar::cli
