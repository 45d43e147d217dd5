import { useState } from "react";

import { call } from "../api/client";
import type { JobError, List } from "../api/types";
import { useNow } from "../lib/clock";
import { ago, bytes, count, moment } from "../lib/format";
import { fromBase64, hexDump } from "../lib/hex";
import { useLoad } from "../lib/load";
import { Link } from "../lib/router";
import { Card, Copy, Empty, Failure, Loading, Scroll } from "../ui/basics";
import { Segments } from "../ui/segments";
import { NeverStarted, type TabProps } from "./pipeline_page";

const KINDS: Record<JobError["kind"], { label: string; tone: string }> = {
  failure: { label: "failure", tone: "bad" },
  bad_record: { label: "bad record", tone: "busy" },
  checkpoint: { label: "checkpoint", tone: "bad" },
};

export function ErrorsTab({ pipeline, active }: TabProps) {
  const job = pipeline.job_id;
  const list = useLoad(job && `errors ${job}`, (signal) => call<List<JobError>>(`/jobs/${job}/errors?limit=100`, { signal }), active ? 4000 : 0);
  const now = useNow();
  if (!job) return <NeverStarted pipeline={pipeline} />;
  if (!list.data) return list.error ? <Failure error={list.error} retry={list.refresh} /> : <Loading what="the errors" />;
  return (
    <Card title="Errors" aside="the newest first">
      {list.data.data.length === 0 ? (
        <Empty icon="check" title="Nothing has gone wrong">
          Failures, checkpoints that could not be written and records that could not be decoded would stand here, each with its place in the stream.
        </Empty>
      ) : (
        <ul className="errors">
          {list.data.data.map((error) => (
            <li key={error.id} className="error-item">
              <div className="row">
                <span className={`badge ${KINDS[error.kind]?.tone ?? "idle"}`}>
                  <span className="dot" aria-hidden="true" />
                  {KINDS[error.kind]?.label ?? error.kind}
                </span>
                <span className="muted number" title={moment(error.at)}>
                  {ago(error.at, now)}
                </span>
                {error.table && <span className="tag">{error.table}</span>}
                {(error.rows_like_it ?? 0) > 1 && <span className="muted">and {count((error.rows_like_it ?? 1) - 1)} more like it</span>}
                {error.line !== null && (
                  <Link to={`/pipelines/${pipeline.id}/edit?line=${error.line}&column=${error.column ?? 1}`}>
                    line {error.line}, column {error.column}
                  </Link>
                )}
              </div>
              <p className="error-message">{error.message}</p>
              {error.hint && <p className="muted">{error.hint}</p>}
              {error.record && <Record record={error.record} />}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

// The record that was at fault, exactly as it came.
function Record({ record }: { record: NonNullable<JobError["record"]> }) {
  const [form, setForm] = useState<"text" | "hex">(record.text === null ? "hex" : "text");
  const data = fromBase64(record.data_base64);
  const shown = form === "text" ? (record.text ?? new TextDecoder().decode(data)) : hexDump(data);
  return (
    <details className="record">
      <summary>
        The record: {bytes(record.bytes ?? data.length)} of <code>{record.stream}</code>
        {record.bytes !== undefined && record.bytes > data.length && <span className="muted">, its first {bytes(data.length)}</span>}
      </summary>
      <dl className="facts">
        {record.shard_id && (
          <>
            <dt>Shard</dt>
            <dd className="mono">{record.shard_id}</dd>
          </>
        )}
        {record.sequence_number && (
          <>
            <dt>Sequence number</dt>
            <dd className="mono">
              {record.sequence_number}
              {record.sub_sequence_number !== null && `, part ${record.sub_sequence_number}`}
            </dd>
          </>
        )}
        {record.partition_key && (
          <>
            <dt>Partition key</dt>
            <dd className="mono">{record.partition_key}</dd>
          </>
        )}
        {record.line !== undefined && record.line > 0 && (
          <>
            <dt>Line</dt>
            <dd className="number">{record.line}</dd>
          </>
        )}
      </dl>
      <div className="row">
        <Segments label="Shown as" value={form} onChange={setForm} choices={[{ value: "text", label: "Text" }, { value: "hex", label: "Hex" }]} />
        <Copy text={shown} />
      </div>
      <Scroll label="The record">
        <pre className="code">{shown}</pre>
      </Scroll>
    </details>
  );
}
