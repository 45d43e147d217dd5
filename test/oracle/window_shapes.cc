#include "shapes.h"

namespace laminar::oracle {

// In a batch, TUMBLE is time_bucket from 1970; a row of HOP is repeated for each window that it falls into; a session
// begins where the row before of the same key is `gap` away or more.
std::vector<Shape> WindowShapes() {
  return {
      {"tumble",
       "SELECT k, count(*) AS n, count(v) AS nv, sum(v) AS sv, min(v) AS a, max(v) AS z, avg(v) AS m, "
       "TUMBLE_START(ts, {size}) AS ws, TUMBLE_END(ts, {size}) AS we FROM {t} GROUP BY k, TUMBLE(ts, {size})"},
      {"date_of_the_event_time",
       "SELECT ts::DATE AS day, k, count(*) AS n, max(ts::DATE) AS again, count(*) FILTER (WHERE ts::DATE > DATE "
       "'2024-01-01') AS later FROM {t} GROUP BY ts::DATE, k"},
      {"tumble_floats",
       "SELECT g, sum(x) AS sx, avg(x) AS ax, min(x) AS a, max(x) AS z, stddev(x) AS sd, var_pop(x) AS vp, "
       "TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY g, TUMBLE(ts, {size})"},
      {"tumble_decimals",
       "SELECT k, sum(d) AS sd, min(d) AS a, max(d) AS z, avg(d) AS m, count(d) AS n, TUMBLE_END(ts, {size}) AS we "
       "FROM {t} GROUP BY k, TUMBLE(ts, {size})"},
      {"tumble_distinct",
       "SELECT k, count(DISTINCT s) AS ns, sum(DISTINCT v) AS sv, avg(DISTINCT v) AS av, count(DISTINCT d) AS nd, "
       "count(*) AS n, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size})"},
      {"tumble_filter",
       "SELECT k, count(*) FILTER (WHERE v > {n}) AS n, sum(v) FILTER (WHERE b) AS sv, avg(x) FILTER (WHERE s = 'a') "
       "AS ax, count(DISTINCT s) FILTER (WHERE NOT b) AS ns, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, "
       "TUMBLE(ts, {size})"},
      {"tumble_ordered",
       "SELECT k, list(v ORDER BY v DESC NULLS LAST, id) AS l, string_agg(s, '|' ORDER BY id DESC) AS j, first(v ORDER "
       "BY s NULLS FIRST, id) AS f, array_agg(id ORDER BY id) FILTER (WHERE b) AS ids, TUMBLE_START(ts, {size}) AS ws "
       "FROM {t} GROUP BY k, TUMBLE(ts, {size})"},
      {"tumble_arrival_order",
       "SELECT k, first(v{order}) AS f, last(s{order}) AS e, string_agg(s, ','{order}) AS j, list(id{order}) AS ids, "
       "TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size})"},
      {"tumble_having",
       "SELECT g, count(*) AS n, sum(v) AS sv, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY g, TUMBLE(ts, {size}) "
       "HAVING count(*) > {n} OR sum(v) > 20"},
      {"tumble_without_key",
       "SELECT count(*) AS n, sum(v) AS sv, sum(d) AS sd, count(DISTINCT k) AS nk, max(s) AS ms, TUMBLE_START(ts, "
       "{size}) AS ws, TUMBLE_END(ts, {size}) AS we FROM {t} GROUP BY TUMBLE(ts, {size})"},
      {"tumble_generic",
       "SELECT k, median(v) AS med, quantile_cont(x, 0.3) AS q, mode(s{order}) AS mo, arg_max(id, id) AS am, "
       "arg_min(s, id) AS an, product(v % 3) AS p, corr(x, v) AS c, histogram(s) AS h, TUMBLE_START(ts, {size}) AS ws "
       "FROM {t} GROUP BY k, TUMBLE(ts, {size})"},
      {"tumble_bits",
       "SELECT k, bool_and(b) AS ba, bool_or(b) AS bo, bit_and(v) AS ia, bit_or(v) AS io, bit_xor(v) AS ix, "
       "count_if(b) "
       "AS ci, any_value(id{order}) AS av, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size})"},
      {"tumble_several_keys",
       "SELECT k, g % 3 AS g3, b, s, count(*) AS n, max(ts) AS z, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, "
       "g % 3, b, s, TUMBLE(ts, {size})"},
      {"tumble_expressions",
       "SELECT upper(k) AS key, sum(v * 2 + 1) / count(*) AS r, max(v) - min(v) AS spread, CASE WHEN count(*) > {n} "
       "THEN "
       "'many' ELSE 'few' END AS c, epoch(TUMBLE_END(ts, {size})) AS e FROM {t} WHERE v IS NOT NULL AND v % 2 = 0 "
       "GROUP BY upper(k), TUMBLE(ts, {size})"},
      {"tumble_alias_position",
       "SELECT k AS key, TUMBLE(ts, {size}).start AS w, count(*) AS n FROM {t} GROUP BY key, 2",
       "SELECT k AS key, TUMBLE(ts, {size}) AS w, count(*) AS n FROM {t} GROUP BY key, 2"},
      {"tumble_named_window",
       "SELECT k, tumble({size}) AS window, count(*) AS n, sum(v) AS sv FROM {t} GROUP BY k, window",
       "SELECT k, {start: w, \"end\": w + {size}} AS window, n, sv FROM (SELECT k, TUMBLE(ts, {size}) AS w, count(*) "
       "AS "
       "n, sum(v) AS sv FROM {t} GROUP BY k, w)"},
      {"tumble_months",
       "SELECT k, count(*) AS n, sum(v) AS sv, TUMBLE_START(ts, {month}) AS ws, TUMBLE_END(ts, {month}) AS we FROM {t} "
       "GROUP BY k, TUMBLE(ts, {month})"},
      {"hop",
       "SELECT k, count(*) AS n, sum(v) AS sv, min(v) AS a, max(v) AS z, avg(x) AS m, HOP_START(ts, {slide}, {hop}) AS "
       "ws, HOP_END(ts, {slide}, {hop}) AS we FROM {t} GROUP BY k, HOP(ts, {slide}, {hop})",
       "SELECT k, count(*), sum(v), min(v), max(v), avg(x), w, w + {hop} FROM (SELECT *, unnest(hops(ts, {slide}, "
       "{hop})) AS w FROM {t}) GROUP BY k, w"},
      {"hop_distinct_generic",
       "SELECT g, count(DISTINCT s) AS ns, median(v) AS med, list(id ORDER BY id) AS ids, first(v) AS f, sum(d) AS sd, "
       "HOP_START(ts, {slide}, {hop}) AS ws FROM {t} GROUP BY g, HOP(ts, {slide}, {hop})",
       "SELECT g, count(DISTINCT s), median(v), list(id ORDER BY id), first(v ORDER BY ts, seq), sum(d), w FROM "
       "(SELECT "
       "*, unnest(hops(ts, {slide}, {hop})) AS w FROM {t}) GROUP BY g, w"},
      {"hop_without_key",
       "SELECT count(*) AS n, sum(v) FILTER (WHERE b) AS sv, stddev_pop(x) AS sd, HOP_END(ts, {slide}, {hop}) AS we "
       "FROM "
       "{t} GROUP BY HOP(ts, {slide}, {hop})",
       "SELECT count(*), sum(v) FILTER (WHERE b), stddev_pop(x), w + {hop} FROM (SELECT *, unnest(hops(ts, {slide}, "
       "{hop})) AS w FROM {t}) GROUP BY w"},
      {"tumble_offset",
       "SELECT k, count(*) AS n, sum(v) AS sv, TUMBLE_START(ts, {size}, {offset}) AS ws, TUMBLE_END(ts, {size}, "
       "{offset}) AS we FROM {t} GROUP BY k, TUMBLE(ts, {size}, {offset})"},
      {"hop_offset",
       "SELECT g, count(*) AS n, max(x) AS z, HOP_START(ts, {slide}, {hop}, {offset}) AS ws FROM {t} GROUP BY g, "
       "HOP(ts, "
       "{slide}, {hop}, {offset})",
       "SELECT g, count(*), max(x), w + {offset} FROM (SELECT *, unnest(hops(ts - {offset}, {slide}, {hop})) AS w FROM "
       "{t}) GROUP BY g, w"},
      {"hop_months",
       "SELECT k, count(*) AS n, sum(v) AS sv, HOP_START(ts, INTERVAL '1' MONTH, {month}) AS ws, HOP_END(ts, INTERVAL "
       "'1' "
       "MONTH, {month}) AS we FROM {t} GROUP BY k, HOP(ts, INTERVAL '1' MONTH, {month})",
       "SELECT k, count(*), sum(v), w, w + {month} FROM (SELECT *, unnest(list_filter(list_transform(range(0, 12), "
       "lambda i: date_trunc('month', ts) - INTERVAL '1' MONTH * i), lambda w: w + {month} > ts)) AS w FROM {t}) GROUP "
       "BY "
       "k, w"},
      {"session",
       "SELECT k, count(*) AS n, sum(v) AS sv, min(x) AS a, avg(d) AS m, SESSION_START(ts, {gap}) AS ws, "
       "SESSION_END(ts, {gap}) AS we FROM {t} GROUP BY k, SESSION(ts, {gap})",
       "SELECT k, count(*), sum(v), min(x), avg(d), min(ts), max(ts) + {gap} FROM (SELECT *, sum(fresh) OVER "
       "(PARTITION "
       "BY k ORDER BY ts, seq) AS nr FROM (SELECT *, CASE WHEN ts - lag(ts) OVER (PARTITION BY k ORDER BY ts, seq) < "
       "{gap} THEN 0 ELSE 1 END AS fresh FROM {t})) GROUP BY k, nr"},
      {"session_generic",
       "SELECT g, b, count(DISTINCT k) AS nk, list(id) AS ids, string_agg(s, '-' ORDER BY id) AS j, first(s) AS f, "
       "SESSION_START(ts, {gap}) AS ws FROM {t} GROUP BY g, b, SESSION(ts, {gap})",
       "SELECT g, b, count(DISTINCT k), list(id ORDER BY ts, seq), string_agg(s, '-' ORDER BY id), first(s ORDER BY "
       "ts, "
       "seq), min(ts) FROM (SELECT *, sum(fresh) OVER (PARTITION BY g, b ORDER BY ts, seq) AS nr FROM (SELECT *, CASE "
       "WHEN ts - lag(ts) OVER (PARTITION BY g, b ORDER BY ts, seq) < {gap} THEN 0 ELSE 1 END AS fresh FROM {t})) "
       "GROUP "
       "BY g, b, nr"},
      {"session_without_key",
       "SELECT count(*) AS n, sum(v) AS sv, SESSION_END(ts, {gap}) AS we FROM {t} GROUP BY SESSION(ts, {gap})",
       "SELECT count(*), sum(v), max(ts) + {gap} FROM (SELECT *, sum(fresh) OVER (ORDER BY ts, seq) AS nr FROM (SELECT "
       "*, CASE WHEN ts - lag(ts) OVER (ORDER BY ts, seq) < {gap} THEN 0 ELSE 1 END AS fresh FROM {t})) GROUP BY nr"},
      {"event_time_groups", "SELECT k, ts, count(*) AS n, sum(v) AS sv, max(x) AS z FROM {t} GROUP BY k, ts"},
      {"event_time_alone",
       "SELECT ts, count(*) AS n, count(DISTINCT s) AS ns FROM {t} GROUP BY ts HAVING count(*) > 1"},
      {"distinct_in_windows", "SELECT DISTINCT k, b, TUMBLE_START(ts, {size}) AS ws FROM {t}"},
  };
}

}  // namespace laminar::oracle
