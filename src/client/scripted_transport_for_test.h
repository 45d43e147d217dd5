// A Transport with answers that a test has written down.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/transport.h"

namespace laminar::client {

// Of each path the answers in their order, the last one again and again; a path that is not there: 404. A status of 0
// is a server that does not answer.
class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::map<std::string, std::vector<Reply>> replies) : replies_(std::move(replies)) {}
  Result<Reply> Send(const Request& request) override {
    asked.push_back(request.method + " " + request.path + (request.body.empty() ? "" : " " + request.body));
    const auto found = replies_.find(request.path);
    if (found == replies_.end())
      return Reply{404,
                   R"({"error":{"code":"NOT_FOUND","message":"there is no )" + request.path + R"(","details":{}}})"};
    const Reply& reply = found->second[std::min(next_[request.path]++, found->second.size() - 1)];
    if (reply.status == 0) return Status::Environment("nobody answers");
    return reply;
  }
  Result<Reply> Follow(const Request& request, const std::function<bool(std::string_view)>& on_bytes) override {
    ASSIGN_OR_RETURN(Reply reply, Send({"FOLLOW", request.path, ""}));
    if (reply.status == 200) on_bytes(std::exchange(reply.body, ""));
    return reply;
  }
  std::vector<std::string> asked;

 private:
  const std::map<std::string, std::vector<Reply>> replies_;
  std::map<std::string, size_t> next_;
};

}  // namespace laminar::client
