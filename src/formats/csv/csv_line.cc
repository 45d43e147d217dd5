#include "formats/csv/csv_line.h"

namespace laminar {

CsvLine::CsvLine(const CsvOptions& options) : options_(options) {
  ends_plain_[static_cast<unsigned char>(options_.delimiter)] = true;
  ends_plain_['\n'] = true;
}

size_t CsvLine::Broken(const char* problem) {
  problem_ = problem;
  return 0;
}

size_t CsvLine::Parse(std::string_view text, size_t offset) {
  fields_.clear();
  const char* at = text.data() + offset;
  const char* const end = text.data() + text.size();
  while (true) {
    CsvField field;
    if (at < end && *at == options_.quote) {
      field.quoted = true;
      const char* const begin = ++at;
      while (true) {
        if (at == end) return Broken("a quoted value does not end");
        // A doubled quote, or another escape before a quote or itself.
        const bool escape =
            *at == options_.escape && at + 1 < end &&
            (at[1] == options_.quote || (options_.escape != options_.quote && at[1] == options_.escape));
        if (escape) {
          field.escapes = true;
          at += 2;
        } else if (*at == options_.quote) {
          break;
        } else {
          at++;
        }
      }
      field.text = {begin, static_cast<size_t>(at - begin)};
      at++;
      if (at < end && *at == '\r' && (at + 1 == end || at[1] == '\n')) at++;
      if (at < end && !ends_plain_[static_cast<unsigned char>(*at)])
        return Broken("there is text behind the closing quote of a value");
    } else {
      const char* const begin = at;
      while (at < end && !ends_plain_[static_cast<unsigned char>(*at)]) at++;
      field.text = {begin, static_cast<size_t>(at - begin)};
      if ((at == end || *at == '\n') && field.text.ends_with('\r')) field.text.remove_suffix(1);
    }
    fields_.push_back(field);
    if (at == end) return text.size();
    if (*at++ == '\n') return static_cast<size_t>(at - text.data());
  }
}

std::string CsvLine::Unescape(std::string_view text) const {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); i++) {
    const bool escape = text[i] == options_.escape && i + 1 < text.size() &&
                        (text[i + 1] == options_.quote || text[i + 1] == options_.escape);
    plain.push_back(escape ? text[++i] : text[i]);
  }
  return plain;
}

}  // namespace laminar
