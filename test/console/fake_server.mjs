// A server that answers as laminar serve does, from memory, with pipelines in every state: for working on the console without streams.
//   node test/console/fake_server.mjs [PORT]     any token signs in; `npm run dev` in console/ shows it (LAMINAR_SERVER=http://127.0.0.1:PORT)
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const port = Number(process.argv[2] ?? 8000);
const started = Date.now();
const SECOND = 1000;

const graphOf = (query) => {
  const node = (id, operator, ...details) => ({ id, operator, details });
  if (/GROUP BY/i.test(query)) {
    return {
      nodes: [
        node("0", "Source clickstream", "columns: page_url, user_id, event_time", "event time: event_time, rows may be 5 s late", "pushed down: page_url IS NOT NULL"),
        node("1", "FilterProject", "where: page_url IS NOT NULL", "select: page_url, user_id, event_time"),
        node("2", "WindowAggregate", "window: tumble(event_time, 5 min)", "group by: page_url", "aggregates: count(DISTINCT user_id), count(*)"),
        node("3", "Exchange by page_url"),
        node("4", "WindowAggregate", "window: tumble(event_time, 5 min)", "group by: page_url", "aggregates: count(DISTINCT user_id), count(*)"),
        node("5", "Sink page_metrics", "columns: page_url, unique_users, total_views, window_start"),
      ],
      edges: [["0", "1"], ["1", "2"], ["2", "3"], ["3", "4"], ["4", "5"]].map(([from, to]) => ({ from, to })),
    };
  }
  if (/hot_devices/i.test(query)) {
    return {
      nodes: [
        node("0", "Source sensor_data", "columns: device_id, temperature, humidity"),
        node("1", "FilterProject", "where: temperature > 40", "select: device_id, temperature"),
        node("2", "FilterProject", "where: humidity > 90", "select: device_id, humidity"),
        node("3", "Sink hot_devices", "columns: device_id, temperature"),
        node("4", "Sink damp_devices", "columns: device_id, humidity"),
      ],
      edges: [["0", "1"], ["0", "2"], ["1", "3"], ["2", "4"]].map(([from, to]) => ({ from, to })),
    };
  }
  return {
    nodes: [node("0", "Source readings", "columns: device, celsius"), node("1", "FilterProject", "where: celsius > 22", "select: device, round(celsius * 9 / 5 + 32, 1) AS fahrenheit"), node("2", "Sink output", "columns: device, fahrenheit")],
    edges: [{ from: "0", to: "1" }, { from: "1", to: "2" }],
  };
};

const CLICKS = `-- Five-minute metrics of each page
INSERT INTO page_metrics
SELECT
    page_url,
    count(DISTINCT user_id) AS unique_users,
    count(*) AS total_views,
    TUMBLE_START(event_time, INTERVAL '5' MINUTE) AS window_start
FROM clickstream
WHERE page_url IS NOT NULL
GROUP BY page_url, TUMBLE(event_time, INTERVAL '5' MINUTE);
`;
const HOT = `INSERT INTO hot_devices
SELECT device_id, temperature FROM sensor_data WHERE temperature > 40;

INSERT INTO damp_devices
SELECT device_id, humidity FROM sensor_data WHERE humidity > 90;
`;
const READINGS = `CREATE TABLE readings (
    device BIGINT AS (i % 5),
    celsius DOUBLE AS (20 + 10 * r)
) WITH (connector = 'generator', rows_per_second = 50);

SELECT device, round(celsius * 9 / 5 + 32, 1) AS fahrenheit FROM readings WHERE celsius > 22;
`;

const iso = (ms) => new Date(ms).toISOString();
let ids = 100;
const pipelines = new Map();
const jobs = new Map();

function addJob(pipeline, state) {
  const job = { id: `job_${++ids}`, pipeline_id: pipeline.id, pipeline_name: pipeline.name, run_id: (pipeline.runs = (pipeline.runs ?? 0) + 1), state, query: pipeline.query, preview: pipeline.preview,
    restarts: state === "Restarting" ? 3 : 0, created_at: iso(Date.now()), started_at: iso(Date.now()), finished_at: null, failure_message: null, failure: null };
  jobs.set(job.id, job);
  Object.assign(pipeline, { job_id: job.id, state, running_query: job.query });
  return job;
}
function addPipeline(name, query, state, more = {}) {
  const pipeline = { id: `pipe_${++ids}`, name, query, parallelism: 1, checkpoint_interval_micros: 10_000_000, preview: false, restarts_per_hour: 10, memory_limit_bytes: 1 << 30,
    desired_state: ["Stopped", "Finished", "Failed"].includes(state) ? "stopped" : "running", stop: "none", state, job_id: null, running_query: null, failure_message: null,
    graph: graphOf(query), outputs: [{ table: "output", fields: [{ name: "device", data_type: "BIGINT", nullable: true }, { name: "fahrenheit", data_type: "DOUBLE", nullable: true }] }],
    created_at: iso(started - 86_400 * SECOND), updated_at: iso(started - 3600 * SECOND), ...more };
  pipelines.set(pipeline.id, pipeline);
  if (state !== "Created") addJob(pipeline, state);
  return pipeline;
}
addPipeline("page metrics", CLICKS, "Running", { parallelism: 2 });
const hot = addPipeline("hot devices", HOT, "Running");
hot.query = HOT.replace("> 40", "> 38").replace("device_id, humidity", "device_id,\n    humidity");
const failing = addPipeline("fraud checks", CLICKS.replace("page_metrics", "fraud_checks"), "Failed", { failure_message: "clickstream, shard shardId-000000000001: the record 49590338271490256608559692540925702759324208523137515618 is no JSON: a name is expected at byte 17" });
Object.assign(jobs.get(failing.job_id), { finished_at: iso(started - 60 * SECOND), failure_message: failing.failure_message, failure: { message: failing.failure_message, hint: "Set bad_data = 'drop' or 'dead_letter' on clickstream, or correct what writes it", line: null, column: null } });
addPipeline("replicate orders to us-west-2", HOT, "Restarting");
addPipeline("nightly backfill", CLICKS, "Finished");
addPipeline("device readings", READINGS, "Stopped");

const tables = new Map();
const addTable = (body) => {
  const table = { id: `tbl_${++ids}`, created_at: iso(Date.now()), table_type: body.table_type ?? (body.config?.type?.offset ? "source" : "sink"), ...body };
  tables.set(table.id, table);
  return table;
};
addTable({ name: "clickstream", connector: "kinesis", format: "json", config: { streamName: "clickstream-raw", awsRegion: "us-east-1", type: { offset: "latest" } }, event_time_field: "event_time", watermark_delay: "5 seconds",
  schema: { fields: [["session_id", "TEXT"], ["user_id", "TEXT"], ["page_url", "TEXT"], ["event_time", "TIMESTAMP"]].map(([name, data_type]) => ({ name, data_type, nullable: true })) } });
addTable({ name: "sensor_data", connector: "kinesis", format: "json", config: { streamName: "iot-sensors", awsRegion: "eu-west-1", type: { offset: "latest" } },
  schema: { fields: [["device_id", "TEXT"], ["temperature", "DOUBLE"], ["humidity", "DOUBLE"]].map(([name, data_type]) => ({ name, data_type, nullable: false })) } });
addTable({ name: "page_metrics", connector: "kinesis", config: { streamName: "page-metrics", awsRegion: "us-east-1", type: { recordsPerBatch: 500 } } });
addTable({ name: "hot_devices", connector: "kinesis", config: { streamName: "iot-alerts", awsRegion: "eu-west-1" } });
addTable({ name: "damp_devices", connector: "kinesis", config: { streamName: "iot-damp", awsRegion: "eu-west-1" } });

const profiles = new Map();
const addProfile = (body) => {
  const profile = { id: `prof_${++ids}`, created_at: iso(Date.now()), updated_at: iso(Date.now()), ...body };
  profiles.set(profile.id, profile);
  return profile;
};
addProfile({ name: "production eu", connector: "kinesis", config: { awsRegion: "eu-west-1", awsRoleArn: "arn:aws:iam::123456789012:role/stream-reader" } });

const option = (type, use, description, more = {}) => ({ type, "x-use": use, "x-sql": more.sql, description, ...more });
const CONNECTORS = [
  { id: "blackhole", name: "blackhole", description: "Counts rows and forgets them, without encoding them: for measuring what comes before a sink", source: false, sink: true, formats: [], config_schema: { type: "object", properties: {} } },
  { id: "generator", name: "generator", description: "Makes up rows, the same ones for the same seed", source: true, sink: false, formats: [],
    config_schema: { type: "object", properties: { rowsPerSecond: option("number", "source", "How many rows a second, over all workers; 0 is as fast as it can", { default: "0", minimum: 0, examples: ["100"], "x-sql": "rows_per_second" }),
      rows: option("integer", "source", "How many rows in all; without it they never end", { minimum: 0, examples: ["1000000"], "x-sql": "rows" }), seed: option("integer", "source", "Another seed gives other rows", { default: "0", "x-sql": "seed" }) } } },
  { id: "kinesis", name: "kinesis", description: "Reads and writes streams of Amazon Kinesis Data Streams", source: true, sink: true, formats: ["json", "avro", "parquet", "csv", "raw", "raw_string"],
    config_schema: { type: "object", properties: { streamName: option("string", "both", "The stream's name; either this or stream_arn", { examples: ["production-events"], "x-sql": "stream_name" }),
      streamArn: option("string", "both", "The stream's ARN, for a stream of another account; either this or stream_name", { "x-sql": "stream_arn" }),
      awsRegion: option("string", "both", "The stream's region; without it AWS_REGION, AWS_DEFAULT_REGION, the profile or the instance decides", { examples: ["us-east-1"], "x-sql": "aws_region", "x-connection": true }),
      endpoint: option("string", "both", "URL of the service, for a local server or a VPC endpoint", { examples: ["http://127.0.0.1:4567"], "x-sql": "endpoint", "x-connection": true }),
      awsRoleArn: option("string", "both", "A role to assume for this table's requests", { examples: ["arn:aws:iam::123456789012:role/stream-reader"], "x-sql": "aws_role_arn", "x-connection": true }),
      awsSecretAccessKey: option("string", "both", "The secret key of the credentials", { writeOnly: true, "x-sql": "aws_secret_access_key", "x-connection": true }),
      type: { type: "object", properties: { offset: option("string", "source", "Where reading begins", { enum: ["latest", "earliest", "timestamp"], "x-sql": "source.offset", "x-required": true }),
        recordsPerBatch: option("integer", "sink", "A batch is sent when it holds this many records", { minimum: 1, maximum: 500, default: "500", "x-sql": "sink.records_per_batch" }),
        batchFlushIntervalMillis: option(["string", "integer"], "sink", "A batch is sent when its oldest record has waited this many milliseconds", { default: "1000", "x-sql": "sink.batch_flush_interval_millis" }) } },
      onDataLoss: option("string", "source", "What to do when the stream's retention has dropped records before they were read", { enum: ["fail", "resume"], default: "fail", "x-sql": "on_data_loss" }),
      kpl: { type: "object", properties: { checkRange: option("boolean", "source", "Whether an aggregated record is dropped when a record in it belongs to another shard", { default: "true", "x-sql": "kpl.check_range" }) } } } } },
  { id: "stdout", name: "stdout", description: "Prints rows to the standard output, one a line, as soon as they are there", source: false, sink: true, formats: ["json", "csv", "raw_string"], config_schema: { type: "object", properties: {} } },
];

const wave = (t, base, phase) => Math.max(0, base * (1 + 0.25 * Math.sin(t / 9000 + phase) + 0.08 * Math.sin(t / 1700)));
function metricsOf(job) {
  const now = Math.floor(Date.now() / 2000) * 2000;
  const running = ["Running", "Stopping"].includes(job.state);
  const n = 150;
  const at = Array.from({ length: n }, (_, i) => now - (n - 1 - i) * 2000);
  const phase = job.run_id + job.id.length + Number(job.id.slice(4));
  const series = (base, share = 1) => at.map((t) => (running ? wave(t, base * share, phase) : 0));
  const graph = graphOf(job.query);
  const shares = graph.nodes.map((_, i) => [1, 1, 0.82, 0.05, 0.05, 0.01][i] ?? 0.1);
  const operators = {};
  graph.nodes.forEach((node, i) => (operators[node.id] = { rows_in: series(8400, i ? shares[i - 1] : 0), rows_out: series(8400, shares[i]), backpressure: at.map((t) => (i < 2 ? 0.35 + 0.3 * Math.sin(t / 20000) : i === 2 ? 0.08 : 0)) }));
  return {
    job_id: job.id, at: iso(Date.now()),
    totals: { rows_in: Math.round((Date.now() - started) * 8.4), bytes_in: Math.round((Date.now() - started) * 3100), rows_out: Math.round((Date.now() - started) * 0.3), bytes_out: 12_000_000, lag_ms: 240, state_bytes: 48 << 20, late_rows: 12, bad_rows: 3, checkpoint_ms: 84, checkpoint_bytes: 4 << 20 },
    sources: graph.nodes.filter((node) => node.operator.startsWith("Source")).map((node) => ({ table: node.operator.slice(7), watermark: iso(Date.now() - 5200), event_lag_ms: 5200, late_rows: 12, ahead_rows: 0,
      shards: [0, 1, 2, 3].map((i) => ({ shard_id: `shardId-00000000000${i}`, lag_ms: [120, 340, 15_400, 0][i], rows: [1_204_000, 1_199_200, 840_100, 40_000][i], bytes: 5e8 / (i + 1), state: i === 3 ? "finished" : i === 2 ? "reading" : "reading" })) })),
    operators: graph.nodes.map((node, i) => ({ node_id: node.id, operator: node.operator, rows_in: 1e6 * shares[i], rows_out: 1e6 * shares[i], state_bytes: i === 4 ? 48 << 20 : 0, state_rows: i === 4 ? 42_000 : 0, backpressure: operators[node.id].backpressure.at(-1) })),
    series: { interval_ms: 2000, at, rows_in: series(8400), rows_out: series(420), bytes_in: series(3.1e6), bytes_out: series(1.1e5), lag_ms: at.map((t) => 200 + 150 * Math.sin(t / 15000)), event_lag_ms: at.map((t) => 5200 + 700 * Math.sin(t / 11000)), state_bytes: at.map((t, i) => (40 << 20) + i * 60_000), operators },
  };
}

function errorsOf(job) {
  const record = { stream: "clickstream-raw", shard_id: "shardId-000000000001", sequence_number: "49590338271490256608559692540925702759324208523137515618", sub_sequence_number: null, data_base64: Buffer.from('{"session_id": "a", user: \u0007"b", "page_url": "/"}').toString("base64"), text: null };
  return [
    { id: "err_3", at: iso(started - 60_000), kind: "failure", message: jobs.get(job.id).failure_message ?? "the stream page-metrics is not there", hint: "Set bad_data = 'drop' or 'dead_letter' on clickstream, or correct what writes it", table: "clickstream", line: null, column: null, record },
    { id: "err_2", at: iso(started - 65_000), kind: "bad_record", message: "the record is no JSON: a name is expected at byte 18", hint: "", table: "clickstream", line: null, column: null, record: { ...record, data_base64: Buffer.from('{"session_id": "ü", "user_id": 7}').toString("base64"), text: '{"session_id": "ü", "user_id": 7}' } },
    { id: "err_1", at: iso(started - 900_000), kind: "restart", message: "lost the connection to kinesis.us-east-1: restarted from checkpoint 6", hint: "", table: null, line: null, column: null, record: null },
  ];
}

const validate = (query) => {
  const bad = /\bnothing\b/.exec(query);
  const before = bad ? query.slice(0, bad.index).split("\n") : [];
  const errors = bad ? [{ message: "column nothing is not there", hint: "There are device, celsius", line: before.length, column: before.at(-1).length + 1 }] : [];
  if (!query.trim()) errors.push({ message: "the script is empty", hint: "Write a SELECT or an INSERT INTO", line: 1, column: 1 });
  return { valid: errors.length === 0, errors, warnings: [], graph: errors.length ? null : graphOf(query), outputs: errors.length ? [] : [{ table: "output", fields: [{ name: "device", data_type: "BIGINT", nullable: true }, { name: "fahrenheit", data_type: "DOUBLE", nullable: true }] }] };
};

class Refused extends Error {
  constructor(status, message, details = {}) {
    super(message);
    Object.assign(this, { status, details });
  }
}
const list = (all, url) => {
  const limit = Number(url.searchParams.get("limit") ?? 20);
  const offset = Number(url.searchParams.get("offset") ?? 0);
  return { data: all.slice(offset, offset + limit), has_more: all.length > offset + limit };
};
const need = (map, id) => map.get(id) ?? (() => { throw new Refused(404, `there is no ${id}`); })();

function stopJob(pipeline, mode) {
  Object.assign(pipeline, { desired_state: "stopped", stop: mode, state: "Stopping" });
  const job = jobs.get(pipeline.job_id);
  job.state = "Stopping";
  setTimeout(() => {
    job.state = pipeline.state = "Stopped";
    job.finished_at = iso(Date.now());
  }, mode === "force" ? 50 : 1200);
}
function startJob(pipeline) {
  Object.assign(pipeline, { desired_state: "running", stop: "none" });
  const job = addJob(pipeline, "Scheduling");
  setTimeout(() => (job.state = pipeline.state = "Running"), 700);
}

function route(method, path, body, url) {
  const [kind, id, sub, subId] = path.split("/").filter(Boolean);
  if (kind === "whoami") return { id: "tok_1", name: "ops", role: "admin" };
  if (kind === "connectors") return list(CONNECTORS, url);
  if (kind === "connection_tables") {
    if (method === "POST" && id === "test") return { ok: false, checks: [{ name: "credentials", status: "ok", message: "signed as arn:aws:iam::123456789012:user/ops", hint: "" }, { name: "stream", status: "ok", message: `${body.config?.streamName} is active, 4 shards`, hint: "" }, { name: "GetRecords", status: "failed", message: "access denied: kinesis:GetRecords", hint: "Allow kinesis:GetRecords on the stream in the role's policy" }, { name: "sample", status: "skipped", message: "needs GetRecords", hint: "" }], rows: [{ session_id: "a1", page_url: "/pricing", event_time: iso(Date.now()) }] };
    if (method === "POST" && id === "schemas" && sub === "infer") return { fields: [{ name: "device_id", data_type: "TEXT", nullable: false }, { name: "temperature", data_type: "DOUBLE", nullable: true }, { name: "ts", data_type: "TIMESTAMP", nullable: true }], event_time_field: "ts", statement: "CREATE TABLE ...", notes: ["100 records of 4 shards were read"] };
    if (method === "POST" && id === "schemas") return { ok: true, checks: [{ name: "sample", status: "ok", message: "100 records, all of them decoded", hint: "" }], rows: [] };
    if (method === "POST") {
      if ([...tables.values()].some((table) => table.name === body.name)) throw new Refused(409, `there is a table named ${body.name}`, { field: "name" });
      if (body.connector === "kinesis" && !body.config.streamName && !body.config.streamArn) throw new Refused(422, "the stream is not named", { field: "config.streamName", hint: "Set stream_name or stream_arn" });
      return addTable(body);
    }
    if (!id) return list([...tables.values()], url);
    if (method === "DELETE") return tables.delete(need(tables, id).id), null;
    return need(tables, id);
  }
  if (kind === "connection_profiles") {
    if (method === "POST" && id === "test") return { ok: true, checks: [{ name: "credentials", status: "ok", message: "signed as arn:aws:iam::123456789012:user/ops", hint: "" }] };
    if (method === "POST") return addProfile(body);
    if (!id) return list([...profiles.values()], url);
    if (method === "DELETE") return profiles.delete(need(profiles, id).id), null;
    if (method === "PATCH") return Object.assign(need(profiles, id), body);
    return need(profiles, id);
  }
  if (kind === "pipelines") {
    if (method === "POST" && id === "validate_query") return validate(body.query);
    if (method === "POST" && !id) {
      const checked = validate(body.query);
      if (!checked.valid) throw new Refused(422, checked.errors[0].message, { errors: checked.errors });
      if ([...pipelines.values()].some((each) => each.name === body.name)) throw new Refused(409, `there is a pipeline named ${body.name}`, { field: "name" });
      const pipeline = addPipeline(body.name ?? "preview", body.query, "Created", { preview: body.preview ?? false, parallelism: body.parallelism ?? 1, created_at: iso(Date.now()), updated_at: iso(Date.now()) });
      if (body.start !== false) startJob(pipeline);
      return pipeline;
    }
    if (!id) return list([...pipelines.values()].map(({ graph, outputs, ...rest }) => rest), url);
    const pipeline = need(pipelines, id);
    if (sub === "jobs") return list([...jobs.values()].filter((job) => job.pipeline_id === id).reverse(), url);
    if (sub === "restart") return startJob(pipeline), pipeline;
    if (method === "DELETE") {
      if (["Running", "Stopping"].includes(pipeline.state) && url.searchParams.get("force") !== "true") throw new Refused(409, "the pipeline runs", { hint: "Stop it first, or give force=true" });
      return pipelines.delete(id), null;
    }
    if (method === "PATCH") {
      const { stop, fresh, ...rest } = body;
      if (rest.query !== undefined) {
        const checked = validate(rest.query);
        if (!checked.valid) throw new Refused(422, checked.errors[0].message, { errors: checked.errors });
        if (/count\(\*\) AS n\b/.test(rest.query) && !fresh) throw new Refused(409, "the state of the last checkpoint does not fit: operator 4 (Window aggregate) has other aggregates", { hint: "Take back the change, or begin anew" });
        pipeline.graph = graphOf(rest.query);
      }
      Object.assign(pipeline, rest, { updated_at: iso(Date.now()) });
      if (stop === "none" && !["Running", "Scheduling"].includes(pipeline.state)) startJob(pipeline);
      else if (stop && stop !== "none") stopJob(pipeline, stop);
    }
    return pipeline;
  }
  if (kind === "jobs") {
    if (!id) return list([...jobs.values()], url);
    const job = need(jobs, id);
    if (sub === "metrics") return metricsOf(job);
    if (sub === "errors") return list(job.state === "Failed" ? errorsOf(job) : job.pipeline_name === "page metrics" ? errorsOf(job).slice(1) : [], url);
    if (sub === "checkpoints") {
      const all = [7, 6, 5].map((n) => ({ id: `chk_${n}`, number: n, taken_at: iso(Date.now() - (8 - n) * 10_000), bytes: n * 611_000, finished: true, damaged: n === 5, sources: [{ table: "clickstream", position: { "shardId-000000000000": "495903382714902566085596925409", "shardId-000000000001": "495903382714902566085596925410" } }] }));
      if (subId) return { ...all.find((each) => each.id === subId), parts: [{ file: "operator-4-part-0", bytes: 3_000_000 }, { file: "manifest", bytes: 2048 }] };
      return list(all, url);
    }
    if (sub === "logs") return { lines: [0, 1, 2, 3].map((i) => ({ number: i + 1, at: iso(started + i * 1000), level: ["info", "info", "warning", "error"][i], message: ["reading", "checkpoint taken", "throttled: reading slower", "a record cannot be decoded"][i], fields: { source: "clickstream", shard: `shardId-00000000000${i}` } })), last: 4 };
    if (sub === "output") return { rows: [], last: 0, dropped: 0, done: false };
    if (sub === "stop") return stopJob(pipelines.get(job.pipeline_id), body.mode), job;
    return job;
  }
  throw new Refused(404, `there is no ${path}`);
}

// What `npm run build` in console/ has made, as the real server sends it.
const DIST = fileURLToPath(new URL("../../console/dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
function file(path, response) {
  const wanted = join(DIST, path);
  const found = path !== "/" && wanted.startsWith(DIST) && existsSync(wanted) ? wanted : join(DIST, "index.html");
  response.writeHead(200, { "Content-Type": TYPES[extname(found)], "Content-Security-Policy": POLICY });
  response.end(readFileSync(found));
}

createServer(async (request, response) => {
  const url = new URL(request.url, "http://fake");
  if (!/^(\/api)?\/v1\//.test(url.pathname)) return file(url.pathname, response);
  const path = url.pathname.replace(/^(\/api)?\/v1/, "");
  let text = "";
  for await (const chunk of request) text += chunk;
  const answer = (status, body) => {
    response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
    response.end(body === null ? undefined : JSON.stringify(body));
  };
  try {
    if (!request.headers.authorization || /bad/.test(request.headers.authorization)) throw new Refused(401, "the token is not valid: it is unknown, has expired or was revoked");
    if (/\/jobs\/[^/]+\/output$/.test(path) && /event-stream/.test(request.headers.accept)) {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      let n = 0;
      const timer = setInterval(() => {
        n++;
        response.write(`id: ${n}\ndata: ${JSON.stringify({ number: n, table: "output", row: { device: n % 5, fahrenheit: Math.round((70 + 15 * Math.random()) * 10) / 10, note: n % 7 ? null : "a longer text, of which only the beginning has to be there" } })}\n\n`);
      }, 120);
      request.on("close", () => clearInterval(timer));
      return;
    }
    const result = route(request.method, path, text ? JSON.parse(text) : undefined, url);
    answer(result === null ? 204 : 200, result);
  } catch (error) {
    answer(error.status ?? 500, { error: { code: "ERROR", message: error.message, details: error.details ?? {} } });
  }
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
