// Whether a file can be read or written, without changing it.
#pragma once

#include <string>

#include "base/file_access.h"
#include "connectors/connection_check.h"

namespace laminar::file {

// Its beginning becomes the test's sample.
void TestFileSource(const std::string& path, const FileAccess& files, ConnectionTest* test);
void TestFileSink(const std::string& path, const FileAccess& files, ConnectionTest* test);

}  // namespace laminar::file
