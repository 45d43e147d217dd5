// What is told from the figures of a job, without a component in it.
import type { Graph, Metrics, PipelineState } from "../api/types";

export type Group = "running" | "failed" | "stopped";
export const GROUPS: { value: Group; label: string }[] = [
  { value: "running", label: "Running" },
  { value: "failed", label: "Failed" },
  { value: "stopped", label: "Stopped" },
];
export function groupOf(state: PipelineState): Group {
  if (state === "Failed") return "failed";
  return state === "Stopped" || state === "Finished" ? "stopped" : "running";
}

// The last value that is one.
export function latest(values: (number | null)[] | undefined): number | null {
  for (let i = (values?.length ?? 0) - 1; i >= 0; i--) {
    const value = values?.[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

export interface EdgeFlow {
  rate: number | null; // rows a second
  backpressure: number | null; // 0 to 1: how much of the time the one in front waited for the one behind
}

// Of each edge "FROM-TO": what the operator in front of it gives out.
export function flowOf(graph: Graph, metrics: Metrics | undefined): Map<string, EdgeFlow> {
  const flows = new Map<string, EdgeFlow>();
  for (const edge of graph.edges) {
    const series = metrics?.series.operators?.[edge.from];
    const operator = metrics?.operators.find((each) => each.node_id === edge.from);
    flows.set(`${edge.from}-${edge.to}`, {
      rate: latest(series?.rows_out),
      backpressure: operator?.backpressure ?? latest(series?.backpressure),
    });
  }
  return flows;
}

// The longest that any shard is behind.
export function worstLag(metrics: Metrics | undefined): number | null {
  const lags = (metrics?.sources ?? []).flatMap((source) => (source.shards ?? []).map((shard) => shard.lag_ms)).filter((lag): lag is number => lag !== null);
  return lags.length ? Math.max(...lags) : latest(metrics?.series.lag_ms);
}

// The watermark that holds the others back.
export function lowestWatermark(metrics: Metrics | undefined): string | null {
  const marks = (metrics?.sources ?? []).map((source) => source.watermark).filter((mark): mark is string => mark !== null);
  return marks.length ? marks.reduce((a, b) => (Date.parse(a) <= Date.parse(b) ? a : b)) : null;
}
