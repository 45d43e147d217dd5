// What the REST API gives, as far as the console reads it. GET /v1/openapi.json has all of it.

export interface List<T> {
  data: T[];
  has_more: boolean;
}

export type PipelineState = "Created" | "Scheduling" | "Running" | "Stopping" | "Stopped" | "Finished" | "Restarting" | "Failed";
export type StopMode = "checkpoint" | "graceful" | "immediate" | "force";

export interface GraphNode {
  id: string;
  operator: string;
  details: string[];
}
export interface Graph {
  nodes: GraphNode[];
  edges: { from: string; to: string }[];
}

export interface Field {
  name: string;
  data_type: string;
  nullable?: boolean;
}
export interface Output {
  table: string;
  fields: Field[];
}

export interface Pipeline {
  id: string;
  name: string;
  query: string;
  parallelism: number;
  checkpoint_interval_micros: number;
  preview: boolean;
  restarts_per_hour: number;
  memory_limit_bytes: number | null;
  desired_state: "running" | "stopped";
  stop: "none" | StopMode;
  state: PipelineState;
  job_id: string | null;
  running_query: string | null;
  failure_message: string | null;
  graph?: Graph | null;
  outputs?: Output[];
  created_at: string;
  updated_at: string;
}

export interface Problem {
  message: string;
  hint: string;
  line: number | null;
  column: number | null;
}
export interface Validation {
  valid: boolean;
  errors: Problem[];
  warnings: Problem[];
  graph: Graph | null;
  outputs: Output[];
}

export interface Job {
  id: string;
  pipeline_id: string;
  pipeline_name: string;
  run_id: number;
  state: PipelineState;
  query: string;
  preview: boolean;
  restarts: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  failure_message: string | null;
  failure: Problem | null;
}

export interface ShardMetrics {
  shard_id: string;
  lag_ms: number | null;
  rows: number;
  bytes: number;
  state: "reading" | "waiting" | "finished";
  watermark?: string | null;
}
export interface SourceMetrics {
  table: string;
  watermark: string | null;
  event_lag_ms: number | null;
  late_rows: number;
  ahead_rows: number;
  shards?: ShardMetrics[];
  failures?: RequestFailure[];
}
export interface RequestFailure {
  operation: string;
  code: string;
  retries: number;
  throttles: number;
}
export interface SinkMetrics {
  table: string;
  rows_out?: number;
  rows?: number;
  bytes_out?: number;
  bytes?: number;
  send_latency?: { count: number; mean_ms: number; longest_ms: number };
  failures?: RequestFailure[];
}
export interface OperatorMetrics {
  node_id: string;
  operator: string;
  rows_in: number;
  rows_out: number;
  state_bytes: number;
  state_rows: number;
  backpressure: number;
}
export interface OperatorSeries {
  rows_in: (number | null)[];
  rows_out: (number | null)[];
  backpressure: (number | null)[];
}
export interface MetricSeries {
  interval_ms: number;
  at: number[];
  rows_in: (number | null)[];
  rows_out: (number | null)[];
  bytes_in: (number | null)[];
  bytes_out: (number | null)[];
  lag_ms: (number | null)[];
  event_lag_ms: (number | null)[];
  state_bytes: (number | null)[];
  operators?: Record<string, OperatorSeries>;
}
export interface Metrics {
  job_id: string;
  at: string;
  totals: Record<string, number | null>;
  sources: SourceMetrics[];
  operators: OperatorMetrics[];
  sinks?: SinkMetrics[];
  series: MetricSeries;
}

export interface BadRecord {
  stream: string;
  line?: number; // in a file
  partition_key?: string;
  bytes?: number; // of the whole record; data_base64 may be its beginning
  shard_id: string;
  sequence_number: string;
  sub_sequence_number: number | null;
  data_base64: string;
  text: string | null;
}
export interface JobError {
  id: string;
  at: string;
  kind: "failure" | "bad_record" | "checkpoint";
  message: string;
  hint: string;
  table: string | null;
  line: number | null;
  column: number | null;
  rows_like_it?: number;
  record: BadRecord | null;
}

export interface Checkpoint {
  id: string;
  number: number;
  taken_at: string | null; // null, as bytes: it is damaged
  bytes: number | null;
  finished: boolean;
  damaged: boolean;
  problem?: string | null;
  sources: { table: string; watermark?: string | null; position: unknown }[];
  parts?: { of?: string; worker?: number; file: string; bytes: number }[];
}

export interface OutputRow {
  number: number;
  table: string;
  row: Record<string, unknown>;
}
export interface JobOutput {
  rows: OutputRow[];
  last: number;
  dropped: number;
  done: boolean;
}

export interface LogLine {
  number: number;
  at: string;
  level: string;
  message: string;
  fields: Record<string, unknown>;
}
export interface JobLogs {
  lines: LogLine[];
  last: number;
}

export interface JsonSchema {
  type?: string | string[];
  enum?: string[];
  description?: string;
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  writeOnly?: boolean;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  "x-use"?: "source" | "sink" | "both";
  "x-sql"?: string;
  "x-connection"?: boolean; // a profile may have it
}
export interface Connector {
  id: string;
  name: string;
  description: string;
  source: boolean;
  sink: boolean;
  formats: string[];
  config_schema: JsonSchema;
}

export type Config = { [name: string]: string | number | boolean | Config };
export interface NewTable {
  name: string;
  connector: string;
  config: Config;
  connection_profile_id?: string;
  table_type?: "source" | "sink";
  schema?: { fields: Field[] };
  format?: string;
  event_time_field?: string;
  watermark_delay?: string;
}
export interface Table extends NewTable {
  id: string;
  table_type: "source" | "sink";
  created_at: string;
}

export interface Profile {
  id: string;
  name: string;
  connector: string;
  config: Config;
  created_at: string;
  updated_at?: string;
}

export interface Check {
  name: string;
  status: "ok" | "failed" | "skipped";
  message: string;
  hint: string;
}
export interface BadSample {
  place: string;
  column: string;
  message: string;
  text: string;
}
export interface TestResult {
  ok: boolean;
  checks: Check[];
  rows?: Record<string, unknown>[];
  bad_records?: BadSample[];
}
export interface Inferred {
  fields: Field[];
  format?: string;
  config?: Config; // what the format needs
  event_time_field: string | null;
  statement: string;
  notes: string[];
  rows_read?: number;
}
export interface SchemaTest {
  ok: boolean;
  checks: Check[];
  fields?: { name: string; data_type: string; status: "ok" | "failed" | "missing"; message: string; nulls: number; bad: number }[];
  other_fields?: Field[];
  rows_read?: number;
  bad_records?: BadSample[];
}

export interface Caller {
  id: string;
  name: string;
  role: "viewer" | "editor" | "admin";
}
