// The connectors and formats of a build as text, Markdown or JSON, from their OptionSpecs.
#pragma once

#include <string>

#include "connectors/registry.h"

namespace laminar::cli {

std::string ConnectorsAsText(const Registry& registry);                                   // all, with all options
std::string ConnectorAsText(const Registry& registry, const Connector& connector);        // what a table of it may say
std::string ConnectorsAsMarkdown(const Registry& registry);                               // docs/connectors.md
std::string ConnectorsAsJson(const Registry& registry, const Connector* only = nullptr);  // an array of connectors

}  // namespace laminar::cli
