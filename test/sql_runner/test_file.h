// A text test: a script, the records of its sources, what its sinks must get or what must go wrong.
//
//   # a comment, before the first section
//   ---- script
//   CREATE TABLE ... WITH (connector = 'lines'); ...
//   ---- input orders
//   {"id":1}
//   ---- output results
//   {"id":2}
//   ---- error
//   a part of the message, one a line; each must be found
//   ---- oracle off
//
// The rows of an output are compared in any order. `terminal` is the output of a bare SELECT.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"

namespace laminar::sqltest {

struct TestFile {
  std::string script;
  std::map<std::string, std::vector<std::string>> inputs, outputs;  // by table: lines
  std::vector<std::string> errors;
  bool oracle = true;
};

Result<TestFile> ReadTestFile(const std::string& path);

}  // namespace laminar::sqltest
