#include "test_file.h"

#include <fstream>
#include <sstream>

#include "duckdb/common/types/timestamp.hpp"

namespace laminar::sqltest {
namespace {

std::string Trimmed(const std::string& line) {
  const size_t end = line.find_last_not_of(" \t\r");
  return end == std::string::npos ? "" : line.substr(0, end + 1);
}

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

class Parser {
 public:
  Status Line(const std::string& line) {
    if (line.starts_with("---- ")) return Header(Words(line.substr(5)));
    if (kind_ == "script") {
      test_.script += line + "\n";
    } else if (line.empty()) {
      return Status::Ok();
    } else if (kind_ == "input") {
      return Input(line);
    } else if (kind_ == "output") {
      test_.outputs[name_].push_back(line);
    } else if (kind_ == "error") {
      test_.errors.push_back(line);
    } else if (kind_ == "warning") {
      test_.warnings.push_back(line);
    } else if (kind_ == "oracle" && name_ != "off") {
      test_.oracle_queries[name_] += line + "\n";
    } else if (!line.starts_with("#")) {
      return Status::User("a line outside of the sections: " + line);
    }
    return Status::Ok();
  }

  Result<TestFile> Finish() {
    if (test_.script.empty() || (test_.outputs.empty() && test_.errors.empty() && !test_.oracle))
      return Status::User("it has no script, or expects nothing");
    if (test_.ordered && test_.workers.front() != 1) return Status::User("only one worker gives an order");
    return std::move(test_);
  }

 private:
  Status Header(const std::vector<std::string>& words) {
    kind_ = words.empty() ? "" : words[0];
    name_ = words.size() > 1 ? words[1] : "";
    if (kind_ == "input" && (words.size() == 2 || (words.size() == 4 && words[2] == "shard"))) {
      shard_ = &test_.inputs[name_][words.size() == 2 ? 1 : std::stoi(words[3])];
    } else if (kind_ == "output" && words.size() == 2) {
      test_.outputs[name_];
    } else if (kind_ == "late" && words.size() == 3) {
      test_.late[name_] = std::stoull(words[2]);
    } else if ((kind_ == "workers" || kind_ == "batches") && words.size() > 1) {
      std::vector<int>& numbers = kind_ == "workers" ? test_.workers : test_.batches;
      numbers.clear();
      for (size_t i = 1; i < words.size(); i++) numbers.push_back(std::stoi(words[i]));
    } else if (kind_ == "oracle" && words.size() == 2) {
      if (name_ == "off") test_.oracle = false;
    } else if (kind_ == "ordered" && words.size() == 1) {
      test_.ordered = true;
    } else if ((kind_ != "script" && kind_ != "error" && kind_ != "warning") || words.size() != 1) {
      return Status::User("an unknown section: ---- " + kind_ + " " + name_);
    }
    return Status::Ok();
  }

  Status Input(const std::string& line) {
    if (!line.starts_with("@")) {
      shard_->lines.push_back(line);
      return Status::Ok();
    }
    static const std::map<std::string, Directive::Kind> kKinds = {{"@watermark", Directive::Kind::kWatermark},
                                                                  {"@idle", Directive::Kind::kIdle},
                                                                  {"@arrival", Directive::Kind::kArrival}};
    const size_t space = line.find(' ');
    const auto kind = kKinds.find(line.substr(0, space));
    if (kind == kKinds.end() || space == std::string::npos) return Status::User("an unknown line of an input: " + line);
    const duckdb::timestamp_t time = duckdb::Timestamp::FromString(line.substr(space + 1), true);
    shard_->directives.push_back({kind->second, shard_->lines.size(), time.value});
    return Status::Ok();
  }

  TestFile test_;
  std::string kind_, name_;  // of the section
  Shard* shard_ = nullptr;   // of an input section
};

}  // namespace

Result<TestFile> ReadTestFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Status::User("cannot read " + path);
  Parser parser;
  std::string line;
  try {
    while (std::getline(file, line)) {
      const Status status = parser.Line(Trimmed(line));
      if (!status.ok()) return Status(status).WithContext(path);
    }
  } catch (const std::exception& exception) {  // a number, a time
    return Status::User(path + ": " + line + ": " + exception.what());
  }
  auto test = parser.Finish();
  if (!test.ok()) return Status(test.status()).WithContext(path);
  return test;
}

}  // namespace laminar::sqltest
