#include "connectors/registry.h"

#include <algorithm>
#include <cctype>

namespace laminar {

namespace {

// Names are matched as ParseOptions does.
bool HasOption(const std::vector<OptionSpec>& specs, std::string_view option) {
  const auto is_option = [&](std::string_view name) {
    return std::equal(name.begin(), name.end(), option.begin(), option.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  };
  return std::any_of(specs.begin(), specs.end(), [&](const OptionSpec& spec) {
    return is_option(spec.name) || std::any_of(spec.aliases.begin(), spec.aliases.end(), is_option);
  });
}

}  // namespace

void Registry::Add(std::unique_ptr<Connector> connector) {
  std::string name = connector->name();
  const bool is_new = connectors_.emplace(std::move(name), std::move(connector)).second;
  CHECK_MSG(is_new, "two connectors of one name");
}

void Registry::AddFormat(std::string name, std::unique_ptr<Format> format, std::vector<OptionSpec> specs) {
  const bool is_new = formats_.emplace(std::move(name), NamedFormat{std::move(format), std::move(specs)}).second;
  CHECK_MSG(is_new, "two formats of one name");
}

void Registry::AddFormatAlias(std::string alias, std::string name) {
  CHECK(formats_.contains(name) && !formats_.contains(alias));
  format_aliases_.emplace(std::move(alias), std::move(name));
}

std::string Registry::FormatName(std::string_view name) const {
  const auto alias = format_aliases_.find(name);
  return alias == format_aliases_.end() ? std::string(name) : alias->second;
}

const Connector* Registry::FindConnector(std::string_view name) const {
  const auto found = connectors_.find(name);
  return found == connectors_.end() ? nullptr : found->second.get();
}

const Format* Registry::FindFormat(std::string_view name) const {
  const auto found = formats_.find(FormatName(name));
  return found == formats_.end() ? nullptr : found->second.format.get();
}

std::vector<std::string> Registry::ConnectorNames() const {
  std::vector<std::string> names;
  for (const auto& [name, connector] : connectors_) names.push_back(name);
  return names;
}

std::vector<std::string> Registry::FormatNames() const {
  std::vector<std::string> names;
  for (const auto& [name, format] : formats_) names.push_back(name);
  return names;
}

const std::vector<OptionSpec>& Registry::FormatOptions(std::string_view name) const {
  static const std::vector<OptionSpec> kNone;
  const auto found = formats_.find(FormatName(name));
  return found == formats_.end() ? kNone : found->second.specs;
}

const std::vector<OptionSpec>& Registry::TableOptions() {
  static const std::vector<OptionSpec> kOptions = {
      {.name = "connector",
       .required = true,
       .help = "Where the table's rows come from or go to",
       .example = "kinesis"},
      {.name = "type",
       .type = OptionType::kEnum,
       .choices = {"source", "sink"},
       .help = "Whether the table is read or written; found out from its use if not given",
       .example = "source"},
      {.name = "format",
       .help = "How a row is written as bytes; the connector's first format if not given",
       .example = "json"},
      {.name = "bad_data",
       .type = OptionType::kEnum,
       .use = OptionUse::kSource,
       .default_value = "fail",
       .choices = {"fail", "drop", "dead_letter"},
       .help = "What to do with a record that cannot be decoded, or a row on which an expression fails: stop with its "
               "position and the reason, drop and count it, or keep it in dead_letter.path or dead_letter.stream",
       .example = "drop"},
      {.name = "bad_data.max_rate",
       .type = OptionType::kInteger,
       .use = OptionUse::kSource,
       .min = 1,
       .help =
           "How many such rows may come within a minute: one more stops the pipeline and says how many there were of "
           "which kind; any number if not given",
       .example = "1000"},
      {.name = "dead_letter.path",
       .use = OptionUse::kSource,
       .help = "bad_data = 'dead_letter': a file that such records are added to, as lines of JSON",
       .example = "/var/lib/laminar/orders-bad.jsonl"},
      {.name = "dead_letter.stream",
       .use = OptionUse::kSource,
       .help = "bad_data = 'dead_letter': a stream that such records are put into, as JSON; of a Kinesis table in the "
               "same account and region",
       .example = "orders-bad"},
      {.name = "event_time_field",
       .use = OptionUse::kSource,
       .help = "The TIMESTAMP column that says when a row happened, as WATERMARK FOR does",
       .example = "order_time"},
      {.name = "event_time.max_delay",
       .type = OptionType::kMillis,
       .use = OptionUse::kSource,
       .default_value = "5s",
       .help = "How much later than rows of a higher event time a row may come: windows wait that long",
       .example = "30s",
       .aliases = {"watermark_delay"}},
      {.name = "event_time.max_ahead",
       .type = OptionType::kMillis,
       .use = OptionUse::kSource,
       .default_value = "1h",
       .help =
           "How far a row's event time may lie after its arrival: one further ahead is counted and closes no window",
       .example = "5 min"},
      {.name = "event_time.max_skew",
       .type = OptionType::kMillis,
       .use = OptionUse::kSource,
       .default_value = "1 min",
       .min = 1000,
       .help = "How far a shard may run ahead of the slowest one in event time before it is held back",
       .example = "10 min"},
  };
  return kOptions;
}

std::vector<std::string> Registry::OwnersOf(std::string_view option) const {
  if (HasOption(TableOptions(), option)) return {};
  std::vector<std::string> owners;
  for (const auto& [name, connector] : connectors_) {
    if (HasOption(connector->options(), option)) owners.push_back("connector '" + name + "'");
  }
  for (const auto& [name, format] : formats_) {
    if (HasOption(format.specs, option)) owners.push_back("format '" + name + "'");
  }
  return owners;
}

std::vector<OptionSpec> Registry::AllOptions(const Connector& connector, std::string_view format) const {
  std::vector<OptionSpec> options = TableOptions();
  options.insert(options.end(), connector.options().begin(), connector.options().end());
  const std::vector<std::string> formats = connector.formats();
  if (formats.empty()) return options;
  const std::vector<OptionSpec>& of_format = FormatOptions(format.empty() ? std::string_view(formats.front()) : format);
  options.insert(options.end(), of_format.begin(), of_format.end());
  return options;
}

}  // namespace laminar
