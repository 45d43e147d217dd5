import { useState } from "react";

import { call } from "../api/client";
import type { Pipeline, StopMode } from "../api/types";
import { useAction } from "../lib/load";
import { Notice } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { toast } from "../ui/toasts";
import { ModeChoice } from "./mode_choice";

// Of one that does not run: how it is started.
export function RestartDialog({ pipeline, active, onClose, onDone }: { pipeline: Pipeline; active: boolean; onClose: () => void; onDone: () => void }) {
  const [mode, setMode] = useState<StopMode>("checkpoint");
  const [fresh, setFresh] = useState(false);
  const [twice, setTwice] = useState(false);
  const { busy, error, run } = useAction();
  const restart = () =>
    void run(async () => {
      await call(`/pipelines/${pipeline.id}/restart`, { method: "POST", body: { mode, ...(fresh && { fresh }), ...(twice && { accept_duplicates: true }) } });
      toast(`${pipeline.name} is being ${active ? "restarted" : "started"}`);
      onDone();
      onClose();
    });
  return (
    <Dialog title={`${active ? "Restart" : "Start"} ${pipeline.name}`} onClose={onClose} confirm={active ? "Restart" : "Start"} kind={fresh ? "danger" : "primary"} onConfirm={restart} busy={busy} error={error}>
      {active && <ModeChoice legend="How it is stopped before" mode={mode} onChange={setMode} />}
      <label className="check-line">
        <input type="checkbox" checked={fresh} onChange={(event) => setFresh(event.target.checked)} />
        <span>
          Begin anew: forget the state, and read each stream from its <code>source.offset</code>
        </span>
      </label>
      {fresh && <Notice kind="warn" title="Open windows and the positions in the streams are given up" hint="Rows may come a second time, or be passed by." />}
      <label className="check-line">
        <input type="checkbox" checked={twice} onChange={(event) => setTwice(event.target.checked)} />
        <span>Accept that rows of an exactly-once sink may come twice, where it cannot be told whether they have been written</span>
      </label>
    </Dialog>
  );
}
