#include "formats/json/json_rewrite.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "formats/json/json_string.h"
#include "formats/json/json_syntax.h"

namespace laminar {
namespace {

inline char Lower(char c) {
  return static_cast<char>(c | 0x20);
}
inline bool IsLetter(char c) {
  return Lower(c) >= 'a' && Lower(c) <= 'z';
}

// DuckDB's JSON may hold NaN, Infinity and the like, which JSON does not know.
bool StartsNotANumber(std::string_view text) {
  if (text.size() < 3) return false;
  const char a = Lower(text[0]), b = Lower(text[1]), c = Lower(text[2]);
  return (a == 'n' && b == 'a' && c == 'n') || (a == 'i' && b == 'n' && c == 'f');
}

// JSON text of DuckDB's as RFC 8259 has it, on one line: no white space between tokens, null for what is no finite
// number.
void AppendRewritten(std::string_view json, JsonBuffer* out) {
  char* p = out->Reserve(6 * json.size() + 16);
  bool in_string = false;
  for (size_t i = 0; i < json.size(); i++) {
    const char c = json[i];
    if (in_string) {
      if (static_cast<unsigned char>(c) < 0x20) {
        p = WriteEscaped(json.substr(i, 1), p);
        continue;
      }
      *p++ = c;
      if (c == '\\' && i + 1 < json.size()) *p++ = json[++i];
      if (c == '"') in_string = false;
    } else if (StartsNotANumber(json.substr(c == '-' ? i + 1 : i))) {
      std::memcpy(p, "null", 4);
      p += 4;
      while (i + 1 < json.size() && IsLetter(json[i + 1])) i++;
    } else if (!IsJsonSpace(c)) {
      *p++ = c;
      in_string = c == '"';
    }
  }
  out->Advance(p);
}

// Byte i may begin trouble: a control character, or "na" or "in" behind something that is neither letter nor quote.
inline bool IsSuspicious(const char* p, bool has_two_more) {
  if (static_cast<unsigned char>(*p) < 0x20) return true;
  if (!has_two_more || IsLetter(*p) || *p == '"') return false;
  const char a = Lower(p[1]), b = Lower(p[2]);
  return (a == 'n' && b == 'a') || (a == 'i' && b == 'n');
}

// Whether the text may hold a control character, a NaN or an infinity. False alarms, in strings, only cost time.
bool NeedsRewriting(std::string_view json) {
  if (StartsNotANumber(json)) return true;
  const char* p = json.data();
  size_t i = 0;
#if defined(__SSE2__)
  const auto is = [](__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  const auto suspicious = [&](const char* at) {
    const auto load = [](const char* q) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(q)); };
    const __m128i lower = _mm_set1_epi8(0x20);
    const __m128i here = load(at), a = _mm_or_si128(load(at + 1), lower), b = _mm_or_si128(load(at + 2), lower);
    const __m128i pair = _mm_or_si128(_mm_and_si128(is(a, 'n'), is(b, 'a')), _mm_and_si128(is(a, 'i'), is(b, 'n')));
    const __m128i letter = _mm_cmpgt_epi8(_mm_or_si128(here, lower), _mm_set1_epi8('a' - 1));
    const __m128i word = _mm_andnot_si128(_mm_or_si128(letter, is(here, '"')), pair);
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(here, _mm_set1_epi8(0x1f)), here);
    return _mm_movemask_epi8(_mm_or_si128(word, control)) != 0;
  };
  for (; i + 18 <= json.size(); i += 16) {
    if (suspicious(p + i)) return true;
  }
  if (json.size() >= 18) {
    if (suspicious(p + json.size() - 18)) return true;
    i = json.size() - 2;
  }
#endif
  for (; i < json.size(); i++) {
    if (IsSuspicious(p + i, i + 2 < json.size())) return true;
  }
  return false;
}

}  // namespace

void AppendJson(std::string_view json, JsonBuffer* out) {
  if (NeedsRewriting(json)) {
    AppendRewritten(json, out);
  } else {
    out->Append(json);
  }
}

}  // namespace laminar
