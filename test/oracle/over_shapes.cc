#include "shapes.h"

namespace laminar::oracle {

std::vector<Shape> OverShapes() {
  return {
      {"over_range",
       "SELECT id, count(*) OVER w AS n, sum(v) OVER w AS sv, avg(v) OVER w AS m, min(v) OVER w AS a, max(x) OVER w AS "
       "z "
       "FROM {t} WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW)"},
      {"over_rows",
       "SELECT id, count(v) OVER w AS n, sum(d) OVER w AS sd, avg(x) OVER w AS m, max(s) OVER w AS z, sum(x) OVER w AS "
       "sx "
       "FROM {t} WINDOW w AS (PARTITION BY g ORDER BY ts{tie} ROWS BETWEEN {n} PRECEDING AND CURRENT ROW)"},
      {"over_default_frame",
       "SELECT id, k, sum(v) OVER (PARTITION BY k ORDER BY ts) AS sv, count(*) OVER (PARTITION BY k ORDER BY ts) AS n, "
       "avg(x) OVER (PARTITION BY k ORDER BY ts) AS ax FROM {t}"},
      {"over_unbounded_rows",
       "SELECT id, sum(v) OVER w AS sv, min(d) OVER w AS a, bool_and(b) OVER w AS ba FROM {t} WINDOW w AS (PARTITION "
       "BY k "
       "ORDER BY ts{tie} ROWS UNBOUNDED PRECEDING)"},
      {"over_without_partition",
       "SELECT id, count(*) OVER (ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW) AS n, sum(v) OVER "
       "(ORDER "
       "BY ts{tie} ROWS BETWEEN {n} PRECEDING AND CURRENT ROW) AS sv FROM {t}"},
      {"over_several_windows",
       "SELECT id, count(*) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW) AS n, "
       "avg(x) "
       "OVER (PARTITION BY g ORDER BY ts{tie} ROWS BETWEEN {n} PRECEDING AND CURRENT ROW) AS ax, sum(v) OVER "
       "(PARTITION "
       "BY k, b ORDER BY ts RANGE BETWEEN {range2} PRECEDING AND CURRENT ROW) AS sv, max(d) OVER (ORDER BY ts) AS z "
       "FROM {t}"},
      {"over_frames_that_end_before",
       "SELECT id, sum(v) OVER (PARTITION BY k ORDER BY ts{tie} ROWS BETWEEN 5 PRECEDING AND {m} PRECEDING) AS a, "
       "count(*) "
       "OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN {range} PRECEDING AND {part} PRECEDING) AS b2, "
       "min(v) "
       "OVER (PARTITION BY k ORDER BY ts{tie} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS c FROM {t}"},
      {"over_lag",
       "SELECT id, lag(v) OVER w AS l1, lag(s, {m}, 'none') OVER w AS l2, v - lag(v) OVER w AS delta FROM {t} WINDOW w "
       "AS "
       "(PARTITION BY k ORDER BY ts{tie})"},
      {"over_first_last",
       "SELECT id, first_value(v) OVER w AS f, last_value(s) OVER w AS l, nth_value(v, 2) OVER w AS n2 FROM {t} WINDOW "
       "w "
       "AS (PARTITION BY k ORDER BY ts{tie} ROWS BETWEEN {n} PRECEDING AND CURRENT ROW)"},
      {"over_ignore_nulls",
       "SELECT id, last_value(v IGNORE NULLS) OVER w AS l, first_value(s IGNORE NULLS) OVER w AS f, lag(v IGNORE "
       "NULLS) "
       "OVER (PARTITION BY g ORDER BY ts{tie}) AS g2 FROM {t} WINDOW w AS (PARTITION BY g ORDER BY ts{tie} ROWS "
       "BETWEEN "
       "UNBOUNDED PRECEDING AND CURRENT ROW)"},
      {"over_row_number",
       "SELECT id, row_number() OVER (PARTITION BY k ORDER BY ts{tie}) AS rn, row_number() OVER (ORDER BY ts{tie}) AS "
       "all_rn "
       "FROM {t}"},
      {"over_ranks",
       "SELECT id, rank() OVER w AS r, dense_rank() OVER w AS dr FROM {t} WINDOW w AS (PARTITION BY g ORDER BY ts)"},
      {"over_then_by",
       "SELECT id, row_number() OVER (PARTITION BY k ORDER BY ts, id) AS rn, rank() OVER (PARTITION BY k ORDER BY ts, "
       "v "
       "DESC NULLS LAST) AS r, sum(v) OVER (PARTITION BY k ORDER BY ts, v NULLS FIRST) AS sv FROM {t}"},
      {"over_generic",
       "SELECT id, median(v) OVER w AS med, string_agg(s, ',') OVER w AS j, list(v) OVER w AS l, stddev(x) OVER w AS "
       "sd "
       "FROM {t} WINDOW w AS (PARTITION BY k ORDER BY ts{tie} ROWS BETWEEN {n} PRECEDING AND CURRENT ROW)"},
      {"over_generic_range",
       "SELECT id, median(x) OVER w AS med, mode(b) FILTER (WHERE b) OVER w AS mo, arg_max(id, id) OVER w AS am, "
       "bit_xor(v) OVER w AS ix FROM {t} WINDOW w AS (PARTITION BY g ORDER BY ts RANGE BETWEEN {range} PRECEDING AND "
       "CURRENT ROW)"},
      {"over_filter_distinct",
       "SELECT id, count(*) FILTER (WHERE b) OVER w AS n, sum(v) FILTER (WHERE v > {n}) OVER w AS sv, count(DISTINCT "
       "s) "
       "OVER w AS ns FROM {t} WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT "
       "ROW)"},
      {"over_texts_range",
       "SELECT id, max(s) OVER w AS z, min(s) OVER w AS a, min(s) FILTER (WHERE b) OVER w AS af, count(DISTINCT v) "
       "OVER w AS nv, count(DISTINCT x) FILTER (WHERE b) OVER w AS nx, max(s) OVER past AS pz, count(DISTINCT s) OVER "
       "past AS pn FROM {t} WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW), "
       "past AS (PARTITION BY g ORDER BY ts RANGE BETWEEN {range} PRECEDING AND {part} PRECEDING)"},
      {"over_texts_rows",
       "SELECT id, max(s) OVER w AS z, min(DISTINCT s) FILTER (WHERE b) OVER w AS a, count(DISTINCT s) OVER w AS ns, "
       "max(s) OVER past AS pz, count(DISTINCT v) OVER past AS pn FROM {t} WINDOW w AS (PARTITION BY g ORDER BY "
       "ts{tie} ROWS BETWEEN {n} PRECEDING AND CURRENT ROW), past AS (PARTITION BY k ORDER BY ts{tie} ROWS BETWEEN 5 "
       "PRECEDING AND {m} PRECEDING)"},
      {"over_floats_no_drift",
       "SELECT id, sum(x * 1000000) OVER w AS a, sum(CASE WHEN v % 3 = 0 THEN 1e12 ELSE 0.001 END) OVER w AS c, min(x) "
       "OVER w AS mi, max(x) OVER w AS ma FROM {t} WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN {range} "
       "PRECEDING AND CURRENT ROW)"},
      {"over_qualify", "SELECT id, k, v FROM {t} QUALIFY row_number() OVER (PARTITION BY k ORDER BY ts{tie}) <= {n}"},
      {"over_qualify_deduplicates",
       "SELECT id, k, s FROM {t} QUALIFY row_number() OVER (PARTITION BY k, s ORDER BY ts{tie}) = 1"},
      {"over_expressions",
       "SELECT id, coalesce(k, 'no key') AS key, CASE WHEN v > 2 * avg(v) OVER (PARTITION BY upper(k) ORDER BY ts{tie} "
       "ROWS "
       "BETWEEN {more} PRECEDING AND 1 PRECEDING) THEN 'high' ELSE 'normal' END AS level, sum(v + 1) OVER (PARTITION "
       "BY g "
       "% 2 "
       "ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW) * 2 AS twice FROM {t} WHERE s IS NOT NULL"},
  };
}

}  // namespace laminar::oracle
