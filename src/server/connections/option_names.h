// An option's two names: in SQL (stream_name, sink.records_per_batch), and in the config of the REST API, where dots
// are objects within objects and a name is the page's own or in camel case (streamName, type.recordsPerBatch).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/option.h"

namespace laminar::server {

// Without regard to case.
bool SameName(std::string_view a, std::string_view b);
// In config, with dots.
std::string NameInConfig(const OptionSpec& spec);
// Of what stands in config under that name, however it is spelt; nullptr: none of the specs.
const OptionSpec* FindSpec(std::string_view name_in_config, const std::vector<OptionSpec>& specs);
// In SQL; of an option that none of the specs is, as it may have been meant.
std::string NameInSql(std::string_view name_in_config, const std::vector<OptionSpec>& specs);

}  // namespace laminar::server
