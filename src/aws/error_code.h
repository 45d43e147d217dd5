// How AWS's JSON and CBOR services name an error.
#pragma once

#include <string_view>

namespace laminar::aws {

// "com.amazonaws.kinesis.v20131202#ResourceNotFoundException:http://..." -> "ResourceNotFoundException".
inline std::string_view BareErrorCode(std::string_view code) {
  code = code.substr(0, code.find(':'));
  return code.substr(code.rfind('#') + 1);
}

}  // namespace laminar::aws
