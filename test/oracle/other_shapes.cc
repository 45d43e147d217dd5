#include "shapes.h"

namespace laminar::oracle {

std::vector<Shape> OtherShapes() {
  return {
      {"window_over_window",
       "SELECT TUMBLE_START(ws, {big}) AS wws, count(*) AS n, sum(c) AS sc, max(sv) AS z FROM (SELECT k, count(*) AS "
       "c, "
       "sum(v) AS sv, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size})) GROUP BY TUMBLE(ws, "
       "{big})"},
      {"window_start_groups",
       "SELECT ws, count(*) AS keys, sum(c) AS n, max(c) AS z FROM (SELECT k, count(*) AS c, TUMBLE_START(ts, {size}) "
       "AS "
       "ws FROM {t} GROUP BY k, TUMBLE(ts, {size})) GROUP BY ws"},
      {"top_n_in_window",
       "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY ws ORDER BY n DESC, k NULLS LAST) AS rn FROM (SELECT "
       "k, "
       "count(*) AS n, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size}))) WHERE rn <= {n}"},
      {"rank_and_share_in_window",
       "SELECT k, ws, n, rank() OVER (PARTITION BY ws ORDER BY n DESC) AS r, n * 100.0 / sum(n) OVER (PARTITION BY ws) "
       "AS "
       "share FROM (SELECT k, count(*) AS n, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size}))"},
      {"any_frame_in_window",
       "SELECT k, ws, ntile(3) OVER w AS t3, percent_rank() OVER w AS pr, lead(k) OVER w AS next, last_value(n) OVER "
       "(PARTITION BY ws ORDER BY n, k ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS most FROM (SELECT k, "
       "count(*) "
       "AS n, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size})) WINDOW w AS (PARTITION BY ws "
       "ORDER "
       "BY n, k)"},
      {"qualify_in_window",
       "SELECT k, count(*) AS n, TUMBLE_START(ts, {size}) AS ws FROM {t} GROUP BY k, TUMBLE(ts, {size}) QUALIFY "
       "row_number() OVER (PARTITION BY TUMBLE_START(ts, {size}) ORDER BY count(*) DESC, k NULLS FIRST) = 1"},
      {"over_plain_beside_windows",
       "SELECT id, row_number() OVER (PARTITION BY k ORDER BY ts{tie}) AS rn, count(*) OVER (PARTITION BY "
       "TUMBLE_START(ts, {size}), k) AS c, sum(v) OVER (PARTITION BY g ORDER BY ts RANGE BETWEEN {range} PRECEDING AND "
       "CURRENT ROW) AS sv, count(*) OVER (PARTITION BY TUMBLE_END(ts, INTERVAL '1 minute')) AS m FROM {t}"},
      {"tumble_over_windowed_over",
       "SELECT k, max(c) AS c, count(*) AS n, TUMBLE_START(ts, {size}) AS ws FROM (SELECT k, ts, count(*) OVER "
       "(PARTITION BY TUMBLE_END(ts, INTERVAL '10 minutes')) AS c FROM {t}) GROUP BY k, TUMBLE(ts, {size})"},
      {"over_windows",
       "SELECT k, ws, n, n - lag(n) OVER (PARTITION BY k ORDER BY ws) AS change, sum(n) OVER (PARTITION BY k ORDER BY "
       "ws "
       "ROWS BETWEEN {n} PRECEDING AND CURRENT ROW) AS lately FROM (SELECT k, count(*) AS n, TUMBLE_START(ts, {size}) "
       "AS "
       "ws FROM {t} GROUP BY k, TUMBLE(ts, {size}))"},
      {"window_of_over",
       "SELECT k, max(n) AS z, count(*) AS c, TUMBLE_START(ts, {size}) AS ws FROM (SELECT k, ts, count(*) OVER "
       "(PARTITION "
       "BY g ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW) AS n FROM {t}) GROUP BY k, TUMBLE(ts, "
       "{size})"},
      {"join", "SELECT t.id, dim.name FROM {t} AS t JOIN {dim} ON t.g = dim.g"},
      {"left_join_then_window",
       "SELECT dim.name, count(*) AS n, sum(v) AS sv, TUMBLE_START(ts, {size}) AS ws FROM {t} AS t LEFT JOIN {dim} ON "
       "t.g "
       "= dim.g GROUP BY dim.name, TUMBLE(ts, {size})"},
      {"join_on_more", "SELECT t.id, t.v, dim.name FROM {t} AS t LEFT JOIN {dim} ON t.g = dim.g AND t.v > {n}"},
      {"join_bounded_table",
       "SELECT t.id, coalesce(r.name, 'nobody') AS name, r.g AS rg FROM {t} AS t LEFT JOIN r ON t.g = r.g AND r.name "
       "<> "
       "'c'"},
      {"join_bounded_then_window",
       "SELECT r.name, sum(t.v) AS sv, count(*) AS n, TUMBLE_END(t.ts, {size}) AS we FROM {t} AS t JOIN r USING (g) "
       "GROUP "
       "BY r.name, TUMBLE(t.ts, {size})"},
      {"semi_join", "SELECT id FROM {t} WHERE g IN (SELECT g FROM r)"},
      {"anti_join", "SELECT id, k FROM {t} AS t WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.g = t.g)"},
      {"union_all_then_window",
       "SELECT k, count(*) AS n, sum(v) AS sv, TUMBLE_START(ts, {size}) AS ws FROM (SELECT k, v, ts FROM {t} UNION ALL "
       "SELECT upper(k), v * 2, ts FROM {u} WHERE v IS NOT NULL) GROUP BY k, TUMBLE(ts, {size})"},
      {"union_all_then_over",
       "SELECT id, count(*) OVER w AS n, sum(v) OVER w AS sv FROM (SELECT id, k, v, ts FROM {t} UNION ALL SELECT id, "
       "k, v, "
       "ts FROM {u}) WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW)"},
      {"cte_and_filter",
       "WITH recent AS (SELECT coalesce(k, '?') AS k, v + 1 AS v1, ts AS happened FROM {t} WHERE b), counted AS "
       "(SELECT k, "
       "sum(v1) AS sv, TUMBLE_START(happened, {size}) AS ws FROM recent GROUP BY k, TUMBLE(happened, {size})) SELECT "
       "ws, k, sv * 2 "
       "AS "
       "twice FROM counted WHERE sv > {n}"},
      {"unnest_then_window",
       "SELECT e, count(*) AS n, TUMBLE_START(ts, {size}) AS ws FROM (SELECT unnest([v, v + 1, g]) AS e, ts FROM {t}) "
       "GROUP "
       "BY e, TUMBLE(ts, {size})"},
      {"clickstream",
       "SELECT k AS page_url, COUNT(DISTINCT s) AS unique_users, COUNT(*) AS total_views, AVG(session_duration) AS "
       "avg_session_duration_sec, TUMBLE_START(ts, {size}) AS window_start, TUMBLE_END(ts, {size}) AS window_end FROM "
       "(SELECT k, s, g, EXTRACT(EPOCH FROM (MAX(ts) - MIN(ts))) AS session_duration, ts FROM {t} GROUP BY k, s, g, "
       "ts) "
       "GROUP BY k, TUMBLE(ts, {size})"},
      {"fraud",
       "SELECT id, CASE WHEN d > 900 THEN 0.8 WHEN hour_tx_count > {n} THEN 0.7 WHEN d > avg_amount * 3 THEN 0.6 ELSE "
       "0.1 "
       "END AS risk_score, JSON_OBJECT('large_amount', d > 900, 'high_frequency', hour_tx_count > {n}, "
       "'amount_anomaly', d "
       "> avg_amount * 3) AS risk_factors, d > 900 OR hour_tx_count > {n} AS is_suspicious FROM (SELECT t.id, t.d, "
       "COUNT(*) "
       "OVER (PARTITION BY t.k ORDER BY t.ts RANGE BETWEEN {range} PRECEDING AND CURRENT ROW) AS hour_tx_count, AVG(d) "
       "OVER "
       "(PARTITION BY t.k ORDER BY t.ts{tie} ROWS BETWEEN 100 PRECEDING AND CURRENT ROW) AS avg_amount, t.ts FROM {t} "
       "t)"},
  };
}

std::vector<Shape> AllShapes() {
  std::vector<Shape> all = WindowShapes();
  for (const auto& more : {OverShapes(), OtherShapes()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace laminar::oracle
