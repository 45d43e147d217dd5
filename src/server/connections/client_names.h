// What options are called towards a client of the REST API: as it has written them in config, else by NameInConfig.
// Connectors, formats and SQL speak of them by their names in SQL.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/connections/config.h"

namespace laminar::server {

class ClientNames {
 public:
  // sent: the client's config, as it has written it.
  ClientNames(const std::vector<OptionSpec>& specs, const std::vector<ConfigOption>& sent);

  // Of an option that is none of the specs and was not sent: the name in SQL.
  std::string InConfig(const std::string& name_in_sql) const;
  // Names in SQL that stand in a message or a hint, as the client has them. Values ("= 'stream_name'") stay.
  std::string InText(std::string_view text) const;
  // The same problem in the client's names. Its code stays: the field that is to blame. If it has none, that is the
  // first option that the message names, or else the hint.
  Status Told(const Status& problem) const;

 private:
  struct Name {
    std::string in_config;
    bool is_option = false;  // or what an option was meant to be
  };
  // The first name in `text`; nullptr: there is none.
  const Name* FirstIn(std::string_view text) const;

  std::map<std::string, Name, std::less<>> names_;  // by name in SQL
};

}  // namespace laminar::server
