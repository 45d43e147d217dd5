#include "connectors/kinesis/oversize.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "aws/base64.h"
#include "base/utc.h"
#include "connectors/kinesis/codec_json.h"

namespace laminar::kinesis {

Result<std::unique_ptr<LineOutput>> OpenDeadLetterFile(const std::string& path, const FileAccess& files) {
  ASSIGN_OR_RETURN(const FileAccess::Opened opened, files.Open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  if (opened.fd < 0) {
    const int error = opened.error;
    return Status::Environment("cannot write the dead letter file " + path + ": " + std::strerror(error),
                               error == ENOENT ? "Create its directory, or correct dead_letter.path"
                                               : "Give this user the right to write it, or correct dead_letter.path");
  }
  return std::make_unique<LineOutput>(opened.fd, "dead letter file " + path, /*owned=*/true);
}

std::string DeadLetterLine(int64_t wall_micros, std::string_view table, std::string_view reason,
                           std::string_view origin, std::string_view data) {
  std::string line = "{\"time\":\"";
  line += Rfc3339(wall_micros);
  line += "\",\"table\":";
  AppendJsonText(table, &line);
  line += ",\"reason\":";
  AppendJsonText(reason, &line);
  line += ",\"origin\":";
  AppendJsonText(origin, &line);
  line += ",\"data\":\"";
  aws::Base64Append(data, &line);
  line += "\"}\n";
  return line;
}

}  // namespace laminar::kinesis
