#include "cli/connector_docs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace laminar::cli {

namespace {

std::string Directions(const Connector& connector) {
  if (connector.is_source() && connector.is_sink()) return "source and sink";
  return connector.is_source() ? "source" : "sink";
}

const char* UseName(OptionUse use) {
  switch (use) {
    case OptionUse::kSource:
      return "source";
    case OptionUse::kSink:
      return "sink";
    case OptionUse::kBoth:
      return "both";
  }
  return "";
}

const char* TypeName(OptionType type) {
  switch (type) {
    case OptionType::kString:
      return "text";
    case OptionType::kInteger:
      return "whole number";
    case OptionType::kNumber:
      return "number";
    case OptionType::kBytes:
      return "size";
    case OptionType::kMillis:
      return "duration";
    case OptionType::kBoolean:
      return "boolean";
    case OptionType::kEnum:
      return "one of";
  }
  return "";
}

template <class Strings>
std::string Join(const Strings& strings, const std::string& between) {
  std::string out;
  for (const auto& string : strings) out += (out.empty() ? "" : between) + std::string(string);
  return out;
}

std::string Number(double value) {
  return value == static_cast<double>(static_cast<int64_t>(value)) ? std::to_string(static_cast<int64_t>(value))
                                                                   : std::to_string(value);
}

// "whole number from 1 to 500", "one of latest, earliest"
std::string ValueText(const OptionSpec& spec) {
  if (spec.secret) return "secret";
  std::string out = TypeName(spec.type);
  if (spec.type == OptionType::kEnum) return out + " " + Join(spec.choices, ", ");
  const bool bounded = spec.type != OptionType::kString && spec.type != OptionType::kBoolean;
  if (bounded && spec.max != 0) {
    out += " from " + Number(spec.min) + " to " + Number(spec.max);
  } else if (bounded && spec.min != 0) {
    out += " of at least " + Number(spec.min);
  }
  if (bounded && (spec.max != 0 || spec.min != 0)) {
    if (spec.type == OptionType::kBytes) out += " bytes";
    if (spec.type == OptionType::kMillis) out += " ms";
  }
  return out;
}

std::string DefaultText(const OptionSpec& spec) {
  if (spec.required) return "required";
  return std::string(spec.default_value);
}

std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

std::string Code(std::string_view text) {
  return text.empty() ? "" : "`" + Cell(text) + "`";
}

std::string OptionsAsMarkdown(const std::vector<OptionSpec>& specs) {
  if (specs.empty()) return "It has no options of its own.\n";
  std::string out =
      "| Option | For | Value | Default | Meaning | Example | Also written |\n|---|---|---|---|---|---|---|\n";
  for (const OptionSpec& spec : specs) {
    std::vector<std::string> aliases;
    for (const std::string_view alias : spec.aliases) aliases.push_back(Code(alias));
    out += "| " + Code(spec.name) + " | " + UseName(spec.use) + " | " + Cell(ValueText(spec)) + " | " +
           (spec.required ? "required" : Code(spec.default_value)) + " | " + Cell(spec.help) + " | " +
           Code(spec.example) + " | " + Join(aliases, ", ") + " |\n";
  }
  return out;
}

std::string OptionsAsText(const std::vector<OptionSpec>& specs) {
  std::string out;
  for (const OptionSpec& spec : specs) {
    out += "  " + std::string(spec.name) + "  (" + ValueText(spec);
    if (spec.use != OptionUse::kBoth) out += std::string("; ") + UseName(spec.use) + "s only";
    const std::string fallback = DefaultText(spec);
    if (!fallback.empty()) out += spec.required ? "; required" : "; default " + fallback;
    out += ")\n";
    if (!spec.help.empty()) out += "      " + std::string(spec.help) + ".\n";
    if (!spec.example.empty()) out += "      Example: '" + std::string(spec.example) + "'\n";
    if (!spec.aliases.empty()) out += "      Also written " + Join(spec.aliases, ", ") + "\n";
  }
  return out;
}

std::string MetadataAsMarkdown(const std::vector<MetadataSpec>& specs) {
  std::string out =
      "\nColumns may be declared as `METADATA FROM` these names:\n\n| Name | For | Type | |\n|---|---|---|---|\n";
  for (const MetadataSpec& spec : specs) {
    out += "| `" + std::string(spec.name) + "` | " + UseName(spec.use) + " | " + std::string(spec.type) + " | " +
           Cell(spec.help) + " |\n";
  }
  return specs.empty() ? "" : out;
}

std::string MetadataAsText(const std::vector<MetadataSpec>& specs) {
  std::string out = "  Columns may be METADATA FROM:\n";
  for (const MetadataSpec& spec : specs) {
    out += "    '" + std::string(spec.name) + "'  (" + std::string(spec.type) + "; " +
           (spec.use == OptionUse::kBoth ? "sources and sinks" : UseName(spec.use) + std::string("s")) + ")  " +
           std::string(spec.help) + "\n";
  }
  return specs.empty() ? "" : out;
}

nlohmann::ordered_json MetadataAsJson(const std::vector<MetadataSpec>& specs) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const MetadataSpec& spec : specs)
    out.push_back({{"name", spec.name}, {"type", spec.type}, {"use", UseName(spec.use)}, {"help", spec.help}});
  return out;
}

// A connector, and its own options.
std::string Head(const Connector& connector) {
  std::string out = connector.name() + " (" + Directions(connector) + "): " + connector.description() + ".\n";
  if (!connector.formats().empty())
    out += "  Formats: " + Join(connector.formats(), ", ") + "; the first is the default.\n";
  return out + MetadataAsText(connector.metadata()) + OptionsAsText(connector.options());
}

std::string FormatAsText(const Registry& registry, const std::string& name) {
  const auto& specs = registry.FormatOptions(name);
  return specs.empty() ? "" : "Options of format '" + name + "':\n" + OptionsAsText(specs) + "\n";
}

// A table of that connector, as one would write it: what is required, and the first example.
std::string ExampleTable(const Registry& registry, const Connector& connector, OptionUse use) {
  const std::vector<std::string> formats = connector.formats();
  std::string out = "CREATE TABLE " + std::string(use == OptionUse::kSource ? "events" : "results") +
                    " (\n    id BIGINT,\n    name TEXT\n) WITH (\n";
  out += "    connector = '" + connector.name() + "',\n";
  for (const OptionSpec& spec : connector.options()) {
    const bool applies = spec.use == OptionUse::kBoth || spec.use == use;
    // A connector whose options are all optional still shows the first one.
    if (!applies || (!spec.required && &spec != &connector.options().front())) continue;
    const std::string name =
        spec.name.find('.') == std::string_view::npos ? std::string(spec.name) : "'" + std::string(spec.name) + "'";
    const std::string_view value = !spec.example.empty()  ? spec.example
                                   : spec.choices.empty() ? "..."
                                                          : spec.choices.front();
    out += "    " + name + " = '" + std::string(value) + "',\n";
  }
  if (!formats.empty()) out += "    format = '" + formats.front() + "',\n";
  out += "    type = '" + std::string(use == OptionUse::kSource ? "source" : "sink") + "'\n);\n";
  return out;
}

nlohmann::ordered_json OptionsAsJson(const std::vector<OptionSpec>& specs) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const OptionSpec& spec : specs) {
    nlohmann::ordered_json option = {
        {"name", spec.name}, {"type", TypeName(spec.type)}, {"use", UseName(spec.use)}, {"required", spec.required}};
    if (!spec.default_value.empty()) option["default"] = spec.default_value;
    if (spec.max != 0 || spec.min != 0) option["min"] = spec.min;
    if (spec.max != 0) option["max"] = spec.max;
    if (!spec.choices.empty()) option["choices"] = spec.choices;
    if (!spec.aliases.empty()) option["aliases"] = spec.aliases;
    if (spec.secret) option["secret"] = true;
    option["help"] = spec.help;
    if (!spec.example.empty()) option["example"] = spec.example;
    out.push_back(std::move(option));
  }
  return out;
}

}  // namespace

std::string ConnectorsAsText(const Registry& registry) {
  std::string out;
  for (const std::string& name : registry.ConnectorNames()) out += Head(*registry.FindConnector(name)) + "\n";
  for (const std::string& name : registry.FormatNames()) out += FormatAsText(registry, name);
  return out + "Options of every table:\n" + OptionsAsText(Registry::TableOptions());
}

std::string ConnectorAsText(const Registry& registry, const Connector& connector) {
  std::string out = Head(connector) + "\n";
  for (const std::string& format : connector.formats()) out += FormatAsText(registry, format);
  return out + "Options of every table:\n" + OptionsAsText(Registry::TableOptions());
}

std::string ConnectorsAsMarkdown(const Registry& registry) {
  std::string out =
      "# Connectors\n\n"
      "<!-- Generated: laminar connectors --format markdown > docs/connectors.md. Change the OptionSpecs, not this "
      "page. -->\n\n"
      "A table's options stand in its `WITH (...)`. Names are matched without regard to case; a name with a dot needs "
      "quotes: "
      "`'sink.records_per_batch' = '250'`.\nSizes may be written like `64KiB` or `1.5GB`, durations like `500` "
      "(milliseconds), `5 s` or `2 minutes`.\n\n"
      "A secret is best not written into a script, but as a reference to where it stands: `{{ env.NAME }}`, a variable "
      "of the environment (`${NAME}` is the same), or `{{ file.PATH }}`, a file's text without the line break at its "
      "end. It is looked up when a pipeline starts, and never printed; `laminar check` looks it up only where a table "
      "has no columns, and a schema registry is asked for them. `laminar run` takes any variable and any file, "
      "`laminar serve` those that [server.md](server.md#secrets) names. No other option may be a "
      "reference.\n\n"
      "| Connector | Source | Sink | Formats | |\n|---|---|---|---|---|\n";
  for (const std::string& name : registry.ConnectorNames()) {
    const Connector& connector = *registry.FindConnector(name);
    out += "| [" + name + "](#" + name + ") | " + (connector.is_source() ? "yes" : "no") + " | " +
           (connector.is_sink() ? "yes" : "no") + " | " + Join(connector.formats(), ", ") + " | " +
           Cell(connector.description()) + " |\n";
  }
  out += "\n## Options of every table\n\n" + OptionsAsMarkdown(Registry::TableOptions());
  for (const std::string& name : registry.ConnectorNames()) {
    const Connector& connector = *registry.FindConnector(name);
    out += "\n## " + name + "\n\n" + connector.description() + ".\n\n" + OptionsAsMarkdown(connector.options()) +
           MetadataAsMarkdown(connector.metadata());
    for (const OptionUse use : {OptionUse::kSource, OptionUse::kSink}) {
      if (use == OptionUse::kSource ? connector.is_source() : connector.is_sink()) {
        out += "\n```sql\n" + ExampleTable(registry, connector, use) + "```\n";
      }
    }
  }
  for (const std::string& name : registry.FormatNames()) {
    out += "\n## Format " + name + "\n\n" + OptionsAsMarkdown(registry.FormatOptions(name));
  }
  return out;
}

std::string ConnectorsAsJson(const Registry& registry, const Connector* only) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const std::string& name : registry.ConnectorNames()) {
    const Connector& connector = *registry.FindConnector(name);
    if (only != nullptr && only != &connector) continue;
    nlohmann::ordered_json formats = nlohmann::ordered_json::object();
    for (const std::string& format : connector.formats())
      formats[format] = OptionsAsJson(registry.FormatOptions(format));
    out.push_back({{"name", name},
                   {"description", connector.description()},
                   {"source", connector.is_source()},
                   {"sink", connector.is_sink()},
                   {"options", OptionsAsJson(connector.options())},
                   {"metadata", MetadataAsJson(connector.metadata())},
                   {"formats", std::move(formats)},
                   {"table_options", OptionsAsJson(Registry::TableOptions())}});
  }
  return out.dump(2) + "\n";
}

}  // namespace laminar::cli
