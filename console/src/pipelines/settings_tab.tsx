import { useState, type FormEvent } from "react";

import { useMayEdit } from "../api/caller";
import { call } from "../api/client";
import type { Pipeline } from "../api/types";
import { bytes, duration, moment } from "../lib/format";
import { useAction } from "../lib/load";
import { Button, Card, Copy, Failure, Field } from "../ui/basics";
import { toast } from "../ui/toasts";
import { DeleteDialog } from "./delete_dialog";
import type { TabProps } from "./pipeline_page";

export function SettingsTab({ pipeline, active, refresh }: TabProps) {
  const mayEdit = useMayEdit();
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      {mayEdit ? <SettingsForm key={pipeline.id} pipeline={pipeline} active={active} refresh={refresh} /> : <Facts pipeline={pipeline} />}
      {mayEdit && (
        <Card title="Delete">
          <div className="card-body row between">
            <span className="muted">The pipeline, its checkpoints and its history go for good. What it has written to streams stays.</span>
            <Button kind="danger" icon="trash" onClick={() => setDeleting(true)}>Delete pipeline</Button>
          </div>
        </Card>
      )}
      {deleting && <DeleteDialog pipeline={pipeline} active={active} onClose={() => setDeleting(false)} />}
    </>
  );
}

function Facts({ pipeline }: { pipeline: Pipeline }) {
  return (
    <Card title="Settings">
      <dl className="facts card-body">
        <dt>Parallelism</dt>
        <dd>{pipeline.parallelism}</dd>
        <dt>Checkpoint every</dt>
        <dd>{duration(pipeline.checkpoint_interval_micros / 1000)}</dd>
        <dt>Restarts an hour</dt>
        <dd>{pipeline.restarts_per_hour}</dd>
        <dt>Memory</dt>
        <dd>{bytes(pipeline.memory_limit_bytes)}</dd>
        <dt>Made</dt>
        <dd>{moment(pipeline.created_at)}</dd>
      </dl>
    </Card>
  );
}

function SettingsForm({ pipeline, active, refresh }: TabProps) {
  const [name, setName] = useState(pipeline.name);
  const [parallelism, setParallelism] = useState(String(pipeline.parallelism));
  const [interval, setInterval] = useState(String(pipeline.checkpoint_interval_micros / 1e6));
  const [restarts, setRestarts] = useState(String(pipeline.restarts_per_hour));
  const [memory, setMemory] = useState(pipeline.memory_limit_bytes ? String(Math.round(pipeline.memory_limit_bytes / 2 ** 20)) : "");
  const { busy, error, run } = useAction();
  const changes: Record<string, unknown> = {};
  if (name.trim() !== pipeline.name) changes["name"] = name.trim();
  if (Number(parallelism) !== pipeline.parallelism) changes["parallelism"] = Number(parallelism);
  if (Math.round(Number(interval) * 1e6) !== pipeline.checkpoint_interval_micros) changes["checkpoint_interval_micros"] = Math.round(Number(interval) * 1e6);
  if (Number(restarts) !== pipeline.restarts_per_hour) changes["restarts_per_hour"] = Number(restarts);
  if (memory && Number(memory) !== Math.round((pipeline.memory_limit_bytes ?? 0) / 2 ** 20)) changes["memory_limit_bytes"] = Number(memory) * 2 ** 20;
  const some = Object.keys(changes).length > 0;
  const save = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await call(`/pipelines/${pipeline.id}`, { method: "PATCH", body: changes });
      toast("Saved");
      refresh();
    });
  };
  const wrong = (field: string) => (error?.field === field ? error.message : undefined);
  return (
    <Card title="Settings" aside={<Copy text={pipeline.id} label={pipeline.id} />}>
      <form className="card-body stack" onSubmit={save}>
        <div className="fields">
          <Field label="Name" error={wrong("name")}>{(ids) => <input {...ids} className="input" value={name} onChange={(event) => setName(event.target.value)} />}</Field>
          <Field label="Parallelism" hint="Workers that share its shards and keys" error={wrong("parallelism")}>
            {(ids) => <input {...ids} className="input" type="number" min={1} value={parallelism} onChange={(event) => setParallelism(event.target.value)} />}
          </Field>
          <Field label="Checkpoint every … seconds" error={wrong("checkpoint_interval_micros")}>
            {(ids) => <input {...ids} className="input" type="number" min={0} step="any" value={interval} onChange={(event) => setInterval(event.target.value)} />}
          </Field>
          <Field label="Restarts an hour, at most" hint="More failures than these, and it stays failed" error={wrong("restarts_per_hour")}>
            {(ids) => <input {...ids} className="input" type="number" min={0} value={restarts} onChange={(event) => setRestarts(event.target.value)} />}
          </Field>
          <Field label="Memory, MiB" hint="State and buffers may take this much" error={wrong("memory_limit_bytes")}>
            {(ids) => <input {...ids} className="input" type="number" min={1} value={memory} onChange={(event) => setMemory(event.target.value)} />}
          </Field>
        </div>
        <Failure error={error} />
        <div className="row">
          <Button type="submit" kind="primary" busy={busy} disabled={!some || !name.trim()}>Save</Button>
          {active && some && <span className="muted">Besides the name, it holds from the next start or restart on.</span>}
        </div>
      </form>
    </Card>
  );
}
