// The pack is a text header and the files' bytes behind it:
//
//   LAMINAR-CONSOLE 1\n
//   PATH \t MEDIA-TYPE \t ETAG \t immutable|checked \t BYTES \t GZIP-BYTES \n     one line a file
//   \n
//   bytes and gzip bytes of the first file, of the second, ...
#include "server/console/console.h"

#include <charconv>
#include <utility>
#include <vector>

namespace laminar::server {

namespace {

constexpr std::string_view kMagic = "LAMINAR-CONSOLE 1";
constexpr std::string_view kIndex = "/index.html";
// What is not the console's, with everything below it.
constexpr std::string_view kOthers[] = {"/v1", "/api", "/healthz", "/readyz", "/metrics"};

// Nothing is loaded from elsewhere, sent elsewhere, or shown within another page; no script or style stands in a page.
constexpr const char* kPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

// Up to the next `end`, which is taken, too.
std::string_view Cut(std::string_view* rest, char end) {
  const size_t at = std::min(rest->find(end), rest->size());
  const std::string_view head = rest->substr(0, at);
  rest->remove_prefix(std::min(at + 1, rest->size()));
  return head;
}

std::optional<size_t> Number(std::string_view text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// RFC 9110, 12.5.3: "br;q=1.0, gzip;q=0.8". A weight of nothing but zeros refuses.
bool AcceptsGzip(std::string_view header) {
  while (!header.empty()) {
    std::string_view each = Cut(&header, ',');
    const std::string_view coding = Trim(Cut(&each, ';'));
    if (coding != "gzip" && coding != "*") continue;
    const std::string_view weight = Trim(each);
    return !weight.starts_with("q=") || weight.substr(2).find_first_not_of("0.") != std::string_view::npos;
  }
  return false;
}

bool Names(std::string_view if_none_match, const std::string& etag) {
  while (!if_none_match.empty()) {
    std::string_view each = Trim(Cut(&if_none_match, ','));
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == etag || each == "*") return true;
  }
  return false;
}

bool IsOthers(std::string_view path) {
  for (const std::string_view other : kOthers) {
    if (path.starts_with(other) && (path.size() == other.size() || path[other.size()] == '/')) return true;
  }
  return false;
}

}  // namespace

Result<Console> Console::Read(std::string_view pack) {
  const auto wrong = [] { return Status::Bug("the console within the program is not whole"); };
  Console console;
  if (Cut(&pack, '\n') != kMagic) return wrong();
  struct Sizes {
    File* file;
    size_t plain, gzip;
  };
  std::vector<Sizes> order;
  for (std::string_view line = Cut(&pack, '\n'); !line.empty(); line = Cut(&pack, '\n')) {
    const std::string path(Cut(&line, '\t'));
    File& file = console.files_[path];
    file.type = Cut(&line, '\t');
    file.etag = Cut(&line, '\t');
    file.immutable = Cut(&line, '\t') == "immutable";
    const auto plain = Number(Cut(&line, '\t')), gzip = Number(line);
    if (!plain || !gzip) return wrong();
    order.push_back({&file, *plain, *gzip});
  }
  for (const Sizes& sizes : order) {
    if (pack.size() < sizes.plain || pack.size() - sizes.plain < sizes.gzip) return wrong();
    sizes.file->plain = pack.substr(0, sizes.plain);
    sizes.file->gzip = pack.substr(sizes.plain, sizes.gzip);
    pack.remove_prefix(sizes.plain + sizes.gzip);
  }
  if (!pack.empty() || !console.files_.contains(kIndex)) return wrong();
  return console;
}

std::optional<HttpResponse> Console::Handle(const HttpRequest& request) const {
  if (request.method != "GET" || IsOthers(request.path)) return std::nullopt;
  if (const auto found = files_.find(request.path == "/" ? kIndex : request.path); found != files_.end())
    return Send(found->second, request);
  // Who asks for no page, or names a file, has mistyped a path: the API says so.
  const bool is_page = request.Header("accept").find("text/html") != std::string::npos &&
                       request.path.substr(request.path.rfind('/')).find('.') == std::string::npos;
  if (!is_page) return std::nullopt;
  return Send(files_.find(kIndex)->second, request);
}

HttpResponse Console::Send(const File& file, const HttpRequest& request) {
  HttpResponse response;
  const bool zipped = !file.gzip.empty() && AcceptsGzip(request.Header("accept-encoding"));
  const std::string etag = "\"" + file.etag + (zipped ? "-gzip\"" : "\"");
  response.content_type = file.type;
  response.headers = {{"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"ETag", etag},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", kPolicy},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (Names(request.Header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  if (zipped) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = std::string(zipped ? file.gzip : file.plain);
  return response;
}

}  // namespace laminar::server
