// What `laminar top` shows: a line for each pipeline, with its figures of this moment.
#pragma once

#include <vector>

#include "client/api_client.h"
#include "client/text_table.h"

namespace laminar::client {

struct TopRow {
  Json pipeline;  // of GET /pipelines
  Json metrics;   // of GET /jobs/{id}/metrics of its newest job; null: it has none
};

// What needs looking at comes first: failed ones, then those that do not run as they should, then by rows in a second.
void SortRows(std::vector<TopRow>* rows);
// most: lines of the table without its titles; a last line says how many are not shown.
std::string TopText(const std::vector<TopRow>& rows, size_t most, const TableStyle& style);

}  // namespace laminar::client
