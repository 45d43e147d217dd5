// The connectors and formats of this build, by name. Filled once at start by cli/, read-only after that.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"

namespace laminar {

class Registry {
 public:
  void Add(std::unique_ptr<Connector> connector);
  // specs: the format's own options, "json.timestamp_format". The format is borrowed by every table that uses it.
  void AddFormat(std::string name, std::unique_ptr<Format> format, std::vector<OptionSpec> specs);

  // What references in options mean: borrowed, outlives the registry. Without it there are none.
  void UseSecrets(const Secrets* secrets) { secrets_ = secrets; }
  const Secrets* secrets() const { return secrets_; }

  // Another spelling of a format that has been added.
  void AddFormatAlias(std::string alias, std::string name);

  const Connector* FindConnector(std::string_view name) const;  // nullptr: unknown
  const Format* FindFormat(std::string_view name) const;
  // The name that an alias stands for; any other name as it is.
  std::string FormatName(std::string_view name) const;
  std::vector<std::string> ConnectorNames() const;
  std::vector<std::string> FormatNames() const;
  const std::vector<OptionSpec>& FormatOptions(std::string_view name) const;
  // Whose options one of that name or alias is among: "format 'csv'", "connector 'kinesis'". Empty: nobody's, or
  // every table's.
  std::vector<std::string> OwnersOf(std::string_view option) const;
  // The options of every table, whatever its connector: connector, type, format, bad_data, event_time_field,
  // event_time.max_delay, ...
  static const std::vector<OptionSpec>& TableOptions();
  // All specs that apply to a table of that connector and format ("" = the connector's default format).
  std::vector<OptionSpec> AllOptions(const Connector& connector, std::string_view format) const;

 private:
  struct NamedFormat {
    std::unique_ptr<Format> format;
    std::vector<OptionSpec> specs;
  };
  std::map<std::string, std::unique_ptr<Connector>, std::less<>> connectors_;
  std::map<std::string, NamedFormat, std::less<>> formats_;
  std::map<std::string, std::string, std::less<>> format_aliases_;
  const Secrets* secrets_ = nullptr;
};

}  // namespace laminar
