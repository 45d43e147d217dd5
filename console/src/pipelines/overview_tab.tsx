import { lazy, Suspense } from "react";

import { useMayEdit } from "../api/caller";
import { call } from "../api/client";
import type { Checkpoint, List, Metrics, RequestFailure, SinkMetrics, SourceMetrics, Validation } from "../api/types";
import { useNow } from "../lib/clock";
import { ago, bytes, count, duration, moment, rate } from "../lib/format";
import { useLoad } from "../lib/load";
import { Link } from "../lib/router";
import { Card, Failure, Loading, Notice, Scroll } from "../ui/basics";
import { latest, lowestWatermark, worstLag } from "./figures";
import { NeverStarted, type TabProps } from "./pipeline_page";

const PlanGraph = lazy(() => import("../graph/plan_graph"));
const SeriesChart = lazy(() => import("../charts/series_chart"));
const METRICS_MS = 2000;
const CHECKPOINTS_MS = 5000;

export function OverviewTab({ pipeline, active }: TabProps) {
  const job = pipeline.job_id;
  const metrics = useLoad(job && `metrics ${job}`, (signal) => call<Metrics>(`/jobs/${job}/metrics`, { signal }), active ? METRICS_MS : 0);
  const checkpoints = useLoad(job && `newest checkpoint ${job}`, (signal) => call<List<Checkpoint>>(`/jobs/${job}/checkpoints?limit=1`, { signal }), active ? CHECKPOINTS_MS : 0);
  const data = metrics.data;
  const running = pipeline.running_query;
  const edited = active && running !== null && running !== pipeline.query;
  // What runs is shown, not what has been saved since.
  const mayEdit = useMayEdit();
  const runningPlan = useLoad(edited && mayEdit ? `plan of ${running}` : null, (signal) => call<Validation>("/pipelines/validate_query", { method: "POST", body: { query: running }, signal }));
  const runningGraph = edited ? runningPlan.data?.graph : undefined;
  const graph = runningGraph ?? pipeline.graph;
  const fits = !edited || runningGraph;
  return (
    <>
      {job && <Tiles metrics={data} active={active} checkpoint={checkpoints.data?.data[0]} pipeline={pipeline.id} />}
      <Failure error={metrics.error} />
      <Card title="Plan" aside={!fits ? "of the SQL as it has been edited; what runs is the version before" : active ? "rows a second on each edge; colour where an operator waits for the next" : undefined}>
        {graph ? (
          <Suspense fallback={<Loading what="the plan" />}>
            <PlanGraph graph={graph} metrics={fits ? data : undefined} running={active && Boolean(fits)} />
          </Suspense>
        ) : (
          <div className="card-body">
            <Notice kind="warn" title="The SQL does not compile any more" hint={<>A table that it names may have been deleted or changed. <Link to={`/pipelines/${pipeline.id}/edit`}>Open the editor</Link> to see what is wrong.</>} />
          </div>
        )}
      </Card>
      {!job && <NeverStarted pipeline={pipeline} />}
      {data && data.series.at.length > 1 && <Charts metrics={data} />}
      {data?.sources.filter(tellsSomething).map((source) => <Source key={source.table} source={source} active={active} />)}
      {data?.sinks && data.sinks.length > 0 && <Sinks sinks={data.sinks} />}
      {job && !data && !metrics.error && <Loading what="the figures" />}
    </>
  );
}

function Tiles({ metrics, active, checkpoint, pipeline }: { metrics: Metrics | undefined; active: boolean; checkpoint: Checkpoint | undefined; pipeline: string }) {
  const now = useNow();
  const totals = metrics?.totals ?? {};
  const watermark = lowestWatermark(metrics);
  const late = metrics?.sources.reduce((sum, source) => sum + source.late_rows, 0) ?? 0;
  const bad = totals["bad_rows"] ?? 0;
  return (
    <dl className="tiles">
      <Tile name="Rows in" value={active ? `${rate(latest(metrics?.series.rows_in))}/s` : "–"} note={`${count(totals["rows_in"])} in all`} />
      <Tile name="Rows out" value={active ? `${rate(latest(metrics?.series.rows_out))}/s` : "–"} note={`${count(totals["rows_out"])} in all`} />
      <Tile name="Lag" value={active ? duration(worstLag(metrics)) : "–"} note="the slowest shard" />
      <Tile name="Watermark" value={watermark ? ago(watermark, now) : "–"} note={watermark ? moment(watermark) : "no event time"} />
      <Tile name="State" value={bytes(totals["state_bytes"] ?? null)} note={`${count(totals["state_rows"] ?? null)} rows and groups`} />
      <Tile name="Checkpoint" value={checkpoint ? ago(checkpoint.taken_at, now) : "–"} to={`/pipelines/${pipeline}/checkpoints`}
            note={checkpoint ? `${bytes(checkpoint.bytes)}${totals["checkpoint_ms"] ? `, took ${duration(totals["checkpoint_ms"])}` : ""}` : "none yet"} />
      <Tile name="Late · bad rows" value={`${count(late)} · ${count(bad)}`} note="dropped, or kept as dead letters" to={`/pipelines/${pipeline}/errors`} tone={bad > 0 ? "warn" : ""} />
    </dl>
  );
}

function Tile({ name, value, note, to, tone = "" }: { name: string; value: string; note: string; to?: string; tone?: "" | "warn" }) {
  return (
    <div className={`tile ${tone}`}>
      <dt>{to ? <Link to={to}>{name}</Link> : name}</dt>
      <dd className="tile-value number">{value}</dd>
      <dd className="tile-note">{note}</dd>
    </div>
  );
}

function Charts({ metrics }: { metrics: Metrics }) {
  const { series } = metrics;
  const perSecond = (value: number | null) => `${rate(value)}/s`;
  const bytesPerSecond = (value: number | null) => `${bytes(value)}/s`;
  const some = (values: (number | null)[] | undefined): values is (number | null)[] => (values ?? []).some((value) => value !== null && value !== 0);
  return (
    <Card title="The last minutes">
      <Suspense fallback={<Loading what="the charts" />}>
        <div className="charts">
          <SeriesChart title="Rows" at={series.at} format={perSecond}
                       lines={[{ label: "in", values: series.rows_in, tone: 1 }, { label: "out", values: series.rows_out, tone: 2 }]} />
          <SeriesChart title="Bytes" at={series.at} format={bytesPerSecond} binary
                       lines={[{ label: "in", values: series.bytes_in, tone: 1 }, { label: "out", values: series.bytes_out, tone: 2 }]} />
          <SeriesChart title="Lag" at={series.at} format={duration} least={1000}
                       lines={[{ label: "behind the stream", values: series.lag_ms, tone: 1 }, ...(some(series.event_lag_ms) ? [{ label: "of event time", values: series.event_lag_ms, tone: 2 } as const] : [])]} />
          {some(series.state_bytes) && <SeriesChart title="State" at={series.at} format={bytes} binary lines={[{ label: "state", values: series.state_bytes, tone: 1 }]} />}
        </div>
      </Suspense>
    </Card>
  );
}

function Sinks({ sinks }: { sinks: SinkMetrics[] }) {
  return (
    <Card title="Sinks">
      <Scroll label="Sinks">
        <table className="table dense">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col" className="end">Rows</th>
              <th scope="col" className="end">Bytes</th>
              <th scope="col" className="end">A request takes</th>
              <th scope="col">Sent again</th>
            </tr>
          </thead>
          <tbody>
            {sinks.map((sink) => (
              <tr key={sink.table}>
                <td>{sink.table}</td>
                <td className="end number">{count(sink.rows_out ?? sink.rows)}</td>
                <td className="end number">{bytes(sink.bytes_out ?? sink.bytes)}</td>
                <td className="end number" title={sink.send_latency ? `at most ${duration(sink.send_latency.longest_ms)}` : undefined}>
                  {sink.send_latency && sink.send_latency.count > 0 ? duration(sink.send_latency.mean_ms) : "–"}
                </td>
                <td className="muted">{failuresText(sink.failures)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Card>
  );
}

const failuresText = (failures: RequestFailure[] | undefined): string =>
  (failures ?? []).map((each) => `${each.operation} ${each.code}: ${count(each.retries)} times`).join(", ") || "–";

// A generator or a file has no shards, and without event time there is no watermark.
const tellsSomething = (source: SourceMetrics): boolean => (source.shards ?? []).length > 0 || source.watermark !== null || (source.failures ?? []).length > 0;

function Source({ source, active }: { source: SourceMetrics; active: boolean }) {
  const now = useNow();
  const shards = source.shards ?? [];
  const most = Math.max(1000, ...shards.map((shard) => shard.lag_ms ?? 0));
  return (
    <Card title={<>Source {source.table}</>}
          aside={
            <>
              {source.watermark && <span>watermark {active ? ago(source.watermark, now) : moment(source.watermark)}</span>}
              {source.late_rows > 0 && <span>{count(source.late_rows)} late rows</span>}
              {(source.failures ?? []).length > 0 && <span>sent again: {failuresText(source.failures)}</span>}
              {source.ahead_rows > 0 && <span>{count(source.ahead_rows)} rows ahead of the clock</span>}
            </>
          }>
      {shards.length > 0 ? (
        <Scroll label={`Shards of ${source.table}`} className="shards">
          <table className="table dense sticky">
            <thead>
              <tr>
                <th scope="col">Shard</th>
                <th scope="col">Lag</th>
                <th scope="col" className="end">Rows</th>
                <th scope="col" className="end">Bytes</th>
                <th scope="col" className="wide-only">Watermark</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {shards.map((shard) => (
                <tr key={shard.shard_id}>
                  <td className="mono">{shard.shard_id}</td>
                  <td>
                    {shard.state === "finished" ? (
                      <span className="muted">–</span>
                    ) : (
                      <span className="lag">
                        <span className="number lag-figure">{duration(shard.lag_ms)}</span>
                        <span className="lag-bar" aria-hidden="true">
                          <span style={{ width: `${(100 * (shard.lag_ms ?? 0)) / most}%` }} className={(shard.lag_ms ?? 0) > 10_000 ? "far" : ""} />
                        </span>
                      </span>
                    )}
                  </td>
                  <td className="end number">{count(shard.rows)}</td>
                  <td className="end number">{bytes(shard.bytes)}</td>
                  <td className="number wide-only" title={shard.watermark ? moment(shard.watermark) : undefined}>{shard.watermark ? ago(shard.watermark, now) : "–"}</td>
                  <td>
                    <span className="tag">{shard.state}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : (
        <p className="card-body muted">No figures of single shards.</p>
      )}
    </Card>
  );
}
