// A table of the script, with its options checked, as what its connector is made from.
#pragma once

#include <set>

#include "sql/catalogue.h"
#include "sql/compiler.h"
#include "sql/problems.h"

namespace laminar::sql {

// The options of a table that has a connector, checked. found: what is wrong, with positions of what is written.
OptionValues ReadTableOptions(const Table& table, OptionUse use, const Registry& registry, std::vector<Status>* found);

// Source or sink, by `type`, else by use in the script, else by its options. Problems: used both ways, or against its
// `type`, or the connector cannot do it.
OptionUse UseOfTable(Table& table, Problems* problems);

// Checks the options and makes the spec. used: the columns that queries read (a source decodes these and its NOT NULL
// ones, in the order of their declaration); nullptr: all. event_time gets the table's watermark delay.
BoundTable BindTable(Table& table, OptionUse use, const std::set<std::string>* used, const Registry& registry,
                     Problems* problems);

// The sink for what a source with bad_data = 'dead_letter' cannot take.
BoundTable DeadLetterSink(const BoundTable& source, const Registry& registry, Problems* problems);

}  // namespace laminar::sql
