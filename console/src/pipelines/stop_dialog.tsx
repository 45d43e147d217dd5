import { useState } from "react";

import { call } from "../api/client";
import type { Pipeline, StopMode } from "../api/types";
import { useAction } from "../lib/load";
import { Dialog } from "../ui/dialog";
import { toast } from "../ui/toasts";
import { ModeChoice } from "./mode_choice";

export function StopDialog({ pipeline, onClose, onDone }: { pipeline: Pipeline; onClose: () => void; onDone: () => void }) {
  const [mode, setMode] = useState<StopMode>(pipeline.state === "Stopping" ? "force" : "checkpoint");
  const { busy, error, run } = useAction();
  const stop = () =>
    void run(async () => {
      await call(`/pipelines/${pipeline.id}`, { method: "PATCH", body: { stop: mode } });
      toast(`${pipeline.name} is being stopped`);
      onDone();
      onClose();
    });
  return (
    <Dialog title={`Stop ${pipeline.name}`} onClose={onClose} confirm="Stop" kind={mode === "force" ? "danger" : "primary"} onConfirm={stop} busy={busy} error={error}>
      <ModeChoice legend="How" mode={mode} onChange={setMode} />
    </Dialog>
  );
}
