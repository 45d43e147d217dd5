import { useState } from "react";

import { call } from "../api/client";
import type { Pipeline } from "../api/types";
import { useAction } from "../lib/load";
import { navigate } from "../lib/router";
import { Field, Notice } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { toast } from "../ui/toasts";

export function DeleteDialog({ pipeline, active, onClose }: { pipeline: Pipeline; active: boolean; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const { busy, error, run } = useAction();
  const remove = () =>
    void run(async () => {
      await call(`/pipelines/${pipeline.id}${active ? "?force=true" : ""}`, { method: "DELETE" });
      toast(`${pipeline.name} has been deleted`);
      navigate("/pipelines", { replace: true });
    });
  return (
    <Dialog title={`Delete ${pipeline.name}`} onClose={onClose} confirm="Delete" kind="danger" onConfirm={remove} busy={busy} disabled={typed !== pipeline.name} error={error}>
      {active && <Notice kind="warn" title="It is running, and will be stopped by force" hint="Rows that are on their way may be lost. Stop it first to have them sent." />}
      <p>Its checkpoints go with it: a pipeline of the same name would begin anew.</p>
      <Field label={<>Type <strong>{pipeline.name}</strong> to confirm</>}>
        {(ids) => <input {...ids} className="input" autoComplete="off" autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Field>
    </Dialog>
  );
}
