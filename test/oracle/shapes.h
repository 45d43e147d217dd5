// The shapes of queries that the random oracle asks: as a stream, and as a batch for DuckDB over the same rows.
//
// The tables t and u: id BIGINT (different in every row of both), k TEXT, g BIGINT, v BIGINT, d DECIMAL(12,3), x
// DOUBLE, s TEXT, b BOOLEAN, ts TIMESTAMP (never NULL; the event time). In the text of a query stand for
//   {t} {u}        the table; in a batch with one column more, seq: the place of the row among those of equal time
//   {tie}          nothing; in a batch ", seq": what decides among rows of equal time
//   {order}        nothing; in a batch " ORDER BY ts, seq": the order in which an aggregate sees its rows
//   {size} {slide} {hop} {gap} {range} {range2} {big}   intervals: hop is not below slide, big is a multiple of size
//   {month}        an interval of months or years
//   {offset}       an interval below size
//   {part}         an interval below range
//   {n} {m} {more} small numbers; m and more are not 0
//   {dim}          a table of literal rows (g, name), some of whose g are in t, one of them twice
// r is a bounded table (g BIGINT, name TEXT) with some of t's g.
#pragma once

#include <vector>

namespace laminar::oracle {

struct Shape {
  const char* name;
  const char* stream;
  const char* batch = nullptr;  // nullptr: the same text
};

std::vector<Shape> WindowShapes();  // TUMBLE, HOP, SESSION, groups of equal time
std::vector<Shape> OverShapes();    // OVER in the order of event time
std::vector<Shape> OtherShapes();   // what is made of them: windows over windows, top-n, joins, the page's queries
std::vector<Shape> AllShapes();

}  // namespace laminar::oracle
