// The XML that AWS's services answer with: elements, text, references to characters. Strict: what is not well-formed is
// refused, and so is a document type, the only way in which a short document can stand for a long one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace laminar::aws {

struct XmlElement {
  static constexpr int kMostDepth = 32;

  std::string name;                  // as written, a prefix of a namespace among it
  std::string text;                  // its own, without that of its children; references are replaced
  std::vector<XmlElement> children;  // in the order of the document

  const XmlElement* Child(std::string_view child) const;     // the first of that name; null = none
  std::string_view ChildText(std::string_view child) const;  // "" = none
  // This element or the first of that name within it, in the order of the document; null = none.
  const XmlElement* Find(std::string_view element) const;
};

// Attributes are read over. Error (kEnvironment): the text is no such document.
Result<XmlElement> ParseXml(std::string_view xml);

}  // namespace laminar::aws
