import { useState } from "react";

import { call } from "../api/client";
import type { Output, Pipeline } from "../api/types";
import { useAction } from "../lib/load";
import { Field } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { toast } from "../ui/toasts";

export function CreateDialog({ query, outputs, onClose, onMade }: { query: string; outputs: Output[]; onClose: () => void; onMade: (pipeline: Pipeline) => void }) {
  const [name, setName] = useState(() => nameOf(query, outputs));
  const [parallelism, setParallelism] = useState("1");
  const [interval, setInterval] = useState("10");
  const [start, setStart] = useState(true);
  const { busy, error, run } = useAction();
  const make = () =>
    void run(async () => {
      const body = { name: name.trim(), query, parallelism: Number(parallelism), checkpoint_interval_micros: Math.round(Number(interval) * 1e6), start };
      const pipeline = await call<Pipeline>("/pipelines", { method: "POST", body });
      toast(start ? `${pipeline.name} has been made and is being started` : `${pipeline.name} has been made`);
      onMade(pipeline);
    });
  return (
    <Dialog title="Create the pipeline" onClose={onClose} confirm={start ? "Create and start" : "Create"} onConfirm={make} busy={busy} disabled={!name.trim()} error={error?.field === "name" ? undefined : error}>
      <Field label="Name" required error={error?.field === "name" ? error.message : undefined}>
        {(ids) => <input {...ids} className="input" autoFocus value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <label className="check-line">
        <input type="checkbox" checked={start} onChange={(event) => setStart(event.target.checked)} />
        <span>Start it at once</span>
      </label>
      <details>
        <summary>More</summary>
        <div className="fields details-body">
          <Field label="Parallelism" hint="Workers that share its shards and keys">
            {(ids) => <input {...ids} className="input" type="number" min={1} value={parallelism} onChange={(event) => setParallelism(event.target.value)} />}
          </Field>
          <Field label="Checkpoint every … seconds">
            {(ids) => <input {...ids} className="input" type="number" min={0} step="any" value={interval} onChange={(event) => setInterval(event.target.value)} />}
          </Field>
        </div>
      </details>
    </Dialog>
  );
}

// What the script calls itself, or what it writes to.
function nameOf(query: string, outputs: Output[]): string {
  const set = /\bSET\s+pipeline\.name\s*=\s*'([^']+)'/i.exec(query);
  if (set?.[1]) return set[1];
  const table = outputs.find((output) => output.table !== "output")?.table;
  return table ? table.replaceAll("_", " ") : "";
}
