// WholeTableFormat: a format whose decoders may look for what is no column of the table at all.
#pragma once

#include "formats/option.h"

namespace laminar {

// Implemented beside Format by formats that have such options.
class WholeTableFormat {
 public:
  virtual ~WholeTableFormat() = default;
  // With these options a decoder must be made with every column that the table declares, whatever the query uses.
  virtual bool ReadsAllColumns(const OptionValues& options) const = 0;
};

}  // namespace laminar
