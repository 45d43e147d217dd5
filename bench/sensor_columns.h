// The columns of the page's sensor rows.
#pragma once

#include "duck/schema.h"

namespace laminar {

inline Schema SensorColumns() {
  return {{"device_id", MakeType("VARCHAR"), false},  {"location", MakeType("JSON"), false},
          {"temperature", MakeType("DOUBLE"), false}, {"humidity", MakeType("DOUBLE"), false},
          {"pressure", MakeType("DOUBLE"), false},    {"timestamp", MakeType("TIMESTAMP"), false}};
}

}  // namespace laminar
