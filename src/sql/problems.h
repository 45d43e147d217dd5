// What is wrong with a script, with positions in the user's own text.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "sql/script_text.h"

namespace laminar::sql {

// DuckDB's message in the project's style: one sentence without the candidates, which become the hint.
struct CleanMessage {
  std::string message, hint;
  std::optional<size_t> offset;
};
CleanMessage CleanDuckMessage(const std::exception& exception);

class Problems {
 public:
  explicit Problems(const ScriptText* script) : script_(script) {}  // borrowed

  void Add(size_t offset, std::string message, std::string hint = "") {
    list_.push_back(Status::User(std::move(message), std::move(hint)).At(script_->At(offset)));
  }
  void Add(Status problem) { list_.push_back(std::move(problem)); }
  // DuckDB's exception as a problem: its position, if it has one, is an offset into `text` (nullptr: into the script
  // itself); if it has none, the word that it quotes is looked for from fallback_offset on, in the same statement.
  void AddException(const std::exception& exception, const EditedText* text, size_t fallback_offset);
  // The same, cleaned already.
  void AddMessage(CleanMessage message, const EditedText* text, size_t fallback_offset);

  std::vector<Status>* list() { return &list_; }
  size_t size() const { return list_.size(); }
  // Whether something is wrong there already.
  bool HasAt(size_t offset) const;
  SqlPosition At(size_t offset) const { return script_->At(offset); }
  const ScriptText& script() const { return *script_; }
  // In the order of their positions, each once.
  std::vector<Status> Take();

 private:
  const ScriptText* script_;
  std::vector<Status> list_;
};

// "did you mean x?" if one of the candidates is near, else "".
std::string DidYouMean(const std::string& word, std::span<const std::string> candidates);

}  // namespace laminar::sql
