#include "test_file.h"

#include <fstream>

namespace laminar::sqltest {
namespace {

std::string Trimmed(const std::string& line) {
  const size_t end = line.find_last_not_of(" \t\r");
  return end == std::string::npos ? "" : line.substr(0, end + 1);
}

}  // namespace

Result<TestFile> ReadTestFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Status::User("cannot read " + path);
  TestFile test;
  std::string line, kind, name;
  while (std::getline(file, line)) {
    line = Trimmed(line);
    if (line.starts_with("---- ")) {
      const size_t space = line.find(' ', 5);
      kind = line.substr(5, space == std::string::npos ? space : space - 5);
      name = space == std::string::npos ? "" : line.substr(space + 1);
      if (kind == "oracle") test.oracle = name != "off";
      if (kind == "input") test.inputs[name];
      if (kind == "output") test.outputs[name];
    } else if (kind == "script") {
      test.script += line + "\n";
    } else if (!line.empty() && kind == "input") {
      test.inputs[name].push_back(line);
    } else if (!line.empty() && kind == "output") {
      test.outputs[name].push_back(line);
    } else if (!line.empty() && kind == "error") {
      test.errors.push_back(line);
    } else if (!line.empty() && !line.starts_with("#")) {
      return Status::User(path + ": a line outside of the sections: " + line);
    }
  }
  if (test.script.empty() || (test.outputs.empty() && test.errors.empty()))
    return Status::User(path + ": it has no script, or expects nothing");
  return test;
}

}  // namespace laminar::sqltest
