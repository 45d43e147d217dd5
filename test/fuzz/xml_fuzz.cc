// The XML of AWS's services: any text is read or refused; the texts of a document are no longer than the document.
#include "aws/xml.h"
#include "base/check.h"

namespace laminar::aws {
namespace {

size_t Bytes(const XmlElement& element) {
  CHECK(!element.name.empty());
  size_t bytes = element.name.size() + element.text.size();
  for (const XmlElement& child : element.children) bytes += Bytes(child);
  return bytes;
}

}  // namespace
}  // namespace laminar::aws

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto xml = laminar::aws::ParseXml({reinterpret_cast<const char*>(data), size});
  CHECK(!xml.ok() || laminar::aws::Bytes(*xml) <= size);
  return 0;
}
