// Tables and profiles as people read them. All take what the API sends.
#pragma once

#include <string>

#include "client/api_client.h"
#include "client/text_table.h"

namespace laminar::client {

TextTable ConnectionTableTable(const Json& list);
// Of a table or a profile: its members, its config one option a line, its columns.
std::string ConnectionDetails(const Json& table);
TextTable ProfileTable(const Json& list);

// What a test of a table has found: its checks, and rows that were read.
std::string TestText(const Json& test, const TableStyle& style);

}  // namespace laminar::client
