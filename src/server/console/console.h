// Console: the web console's static files over HTTP. They are in the program; who has no token may have them, too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "server/http/message.h"

namespace laminar::server {

class Console {
 public:
  // pack: what console/scripts/pack.mjs writes; borrowed, outlives the console. Error (kBug): it is not that.
  static Result<Console> Read(std::string_view pack);

  // nullopt: the request is none of the console's. A page of the console (any path that a browser asks for as a page,
  // outside the API) is index.html: which page it is, is seen there. Thread-safe.
  std::optional<HttpResponse> Handle(const HttpRequest& request) const;

 private:
  struct File {
    std::string type, etag;
    bool immutable = false;        // its name changes with its contents
    std::string_view plain, gzip;  // gzip: "" = not worth it
  };

  static HttpResponse Send(const File& file, const HttpRequest& request);

  std::map<std::string, File, std::less<>> files_;  // by path: "/index.html"
};

}  // namespace laminar::server
