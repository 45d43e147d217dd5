// LogFollower: what a pipeline logs, from the lines that its server keeps on, through new jobs and restarts of the
// server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "client/api_client.h"

namespace laminar::client {

class LogFollower {
 public:
  struct Callbacks {
    std::function<bool(std::string_view line)> line;  // an object of JSON, as the API sends it; false: to end
    std::function<void(const std::string&)> note;     // what the reader should know of the lines: some are missing, ...
  };
  // client: borrowed, outlives it.
  LogFollower(ApiClient* client, std::string pipeline_id, Pause pause, Callbacks callbacks)
      : client_(client),
        pipeline_id_(std::move(pipeline_id)),
        pause_(std::move(pause)),
        callbacks_(std::move(callbacks)) {}

  // The lines of the newest job that are kept. Error: the server cannot be asked.
  Status ShowKept();
  // These, and those that come; a server that does not answer is waited for. Ends when a callback or the pause wishes
  // it. Error: the pipeline has been deleted, or the token is refused.
  Status Follow();

 private:
  // Which job there is to follow, into job_: "" = none yet. *over: the job has ended.
  Status FindJob(bool* over);
  // Whether lines of the job go on behind last_: a server that was restarted has counted from 1 again.
  Status CheckNumbers();
  Status TakeKept();
  bool Take(std::string_view line);
  std::string LogPath() const { return "/jobs/" + Escaped(job_) + "/logs"; }

  ApiClient* const client_;
  const std::string pipeline_id_;
  const Pause pause_;
  const Callbacks callbacks_;
  std::string job_;
  int64_t last_ = 0;  // the number of the last line, and its time
  std::string last_at_;
  bool ends_ = false, was_lost_ = false;
};

}  // namespace laminar::client
