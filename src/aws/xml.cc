// After "Extensible Markup Language (XML) 1.0", W3C, fifth edition: the parts of it that documents without a document
// type can use, one function each.
#include "aws/xml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace laminar::aws {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' ||
         c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

void AppendUtf8(uint32_t point, std::string* out) {
  if (point < 0x80) {
    *out += static_cast<char>(point);
    return;
  }
  const int tail = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned char, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  *out += static_cast<char>(kLead[static_cast<size_t>(tail)] | (point >> (6 * tail)));
  for (int i = tail - 1; i >= 0; --i) *out += static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3F));
}

class Parser {
 public:
  explicit Parser(std::string_view xml) : left_(xml) {}

  Result<XmlElement> Document() {
    Take("\xEF\xBB\xBF");
    if (!Misc()) return Bad();
    XmlElement root;
    if (!Element(&root, 1)) return Bad();
    if (!Misc()) return Bad();
    if (!left_.empty()) return Status::Environment("there is something behind the end of the XML");
    return root;
  }

 private:
  static Status Bad() { return Status::Environment("it is no well-formed XML"); }

  bool Take(std::string_view token) {
    if (!left_.starts_with(token)) return false;
    left_.remove_prefix(token.size());
    return true;
  }
  bool SkipSpace() {
    const size_t end = left_.find_first_not_of(kSpace);
    const bool any = end != 0 && !left_.empty();
    left_.remove_prefix(end == std::string_view::npos ? left_.size() : end);
    return any;
  }
  // The text up to the token, which is taken too.
  std::optional<std::string_view> Until(std::string_view token) {
    const size_t end = left_.find(token);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = left_.substr(0, end);
    left_.remove_prefix(end + token.size());
    return text;
  }
  std::string_view Name() {
    size_t end = 0;
    while (end < left_.size() && IsNameByte(left_[end])) ++end;
    const std::string_view name = left_.substr(0, end);
    left_.remove_prefix(end);
    return name;
  }

  // A comment or a processing instruction, among which the declaration counts. False: it does not end.
  bool Aside(bool* found) {
    *found = true;
    if (Take("<!--")) return Until("-->").has_value();
    if (Take("<?")) return Until("?>").has_value();
    *found = false;
    return true;
  }
  bool Misc() {
    for (bool found = true; found;) {
      SkipSpace();
      if (!Aside(&found)) return false;
    }
    return true;
  }

  bool Reference(std::string* out) {
    constexpr std::array<std::pair<std::string_view, char>, 5> kNamed = {
        {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
    const auto reference = Until(";");
    if (!reference) return false;
    for (const auto& [name, character] : kNamed) {
      if (*reference == name) {
        *out += character;
        return true;
      }
    }
    std::string_view digits = *reference;
    if (!digits.starts_with('#')) return false;
    digits.remove_prefix(1);
    const bool hex = digits.starts_with('x');
    if (hex) digits.remove_prefix(1);
    uint32_t point = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), point, hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size()) return false;
    if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    AppendUtf8(point, out);
    return true;
  }

  // Behind the name of a start tag.
  bool Attributes() {
    for (;;) {
      const bool space = SkipSpace();
      if (left_.empty()) return false;
      if (left_[0] == '>' || left_[0] == '/') return true;
      if (!space || Name().empty()) return false;
      SkipSpace();
      if (!Take("=")) return false;
      SkipSpace();
      const std::string_view quote = left_.substr(0, 1);
      if ((quote != "\"" && quote != "'") || !Take(quote)) return false;
      const auto value = Until(quote);
      if (!value || value->find('<') != std::string_view::npos) return false;
    }
  }

  bool Element(XmlElement* out, int depth) {
    if (depth > XmlElement::kMostDepth || !Take("<")) return false;
    out->name = Name();
    if (out->name.empty() || !Attributes()) return false;
    if (Take("/>")) return true;
    if (!Take(">")) return false;
    return Content(out, depth);
  }

  bool Content(XmlElement* out, int depth) {
    for (;;) {
      const size_t text = std::min(left_.find_first_of("<&"), left_.size());
      out->text += left_.substr(0, text);
      left_.remove_prefix(text);
      if (left_.empty()) return false;
      if (Take("&")) {
        if (!Reference(&out->text)) return false;
        continue;
      }
      if (Take("</")) {
        if (Name() != out->name) return false;
        SkipSpace();
        return Take(">");
      }
      if (Take("<![CDATA[")) {
        const auto literal = Until("]]>");
        if (!literal) return false;
        out->text += *literal;
        continue;
      }
      bool aside;
      if (!Aside(&aside)) return false;
      if (aside) continue;
      out->children.emplace_back();
      if (!Element(&out->children.back(), depth + 1)) return false;
    }
  }

  std::string_view left_;
};

}  // namespace

const XmlElement* XmlElement::Child(std::string_view child) const {
  for (const XmlElement& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

std::string_view XmlElement::ChildText(std::string_view child) const {
  const XmlElement* const found = Child(child);
  return found == nullptr ? std::string_view() : found->text;
}

const XmlElement* XmlElement::Find(std::string_view element) const {
  if (name == element) return this;
  for (const XmlElement& child : children) {
    if (const XmlElement* const found = child.Find(element)) return found;
  }
  return nullptr;
}

Result<XmlElement> ParseXml(std::string_view xml) {
  return Parser(xml).Document();
}

}  // namespace laminar::aws
