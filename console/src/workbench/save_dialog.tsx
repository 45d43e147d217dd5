import { useState } from "react";

import { ApiError, call } from "../api/client";
import type { Pipeline } from "../api/types";
import SqlDiff from "../editor/sql_diff";
import { useAction } from "../lib/load";
import { Notice } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { isActive } from "../ui/state_badge";
import { toast } from "../ui/toasts";

interface SaveDialogProps {
  pipeline: Pipeline;
  query: string;
  onClose: () => void;
  onSaved: (restarted: boolean) => void;
}

// What changes; and where the state of the last checkpoint does not fit the new query, whether to begin anew.
export function SaveDialog({ pipeline, query, onClose, onSaved }: SaveDialogProps) {
  const active = isActive(pipeline.state);
  const [restart, setRestart] = useState(active);
  const [fresh, setFresh] = useState(false);
  const { busy, error, run } = useAction();
  const misfit = error?.status === 409 && error.field !== "name" ? error : undefined;
  const save = () =>
    void run(async () => {
      await call(`/pipelines/${pipeline.id}`, { method: "PATCH", body: { query, ...(fresh && { fresh: true }) } });
      if (restart) {
        try {
          await call(`/pipelines/${pipeline.id}/restart`, { method: "POST", body: { mode: "checkpoint", ...(fresh && { fresh: true }) } });
        } catch (failure) {
          throw failure instanceof ApiError ? new ApiError(failure.status, `It has been saved, but not restarted: ${failure.message}`, failure.details) : failure;
        }
      }
      toast(restart ? "Saved, and being restarted" : "Saved");
      onSaved(restart);
    });
  return (
    <Dialog title={`Save ${pipeline.name}`} wide onClose={onClose} confirm={restart ? "Save and restart" : "Save"} kind={fresh ? "danger" : "primary"} onConfirm={save} busy={busy}
            disabled={misfit !== undefined && !fresh} error={misfit ? undefined : error}>
      <div className="dialog-diff">
        <SqlDiff label="What changes" before={pipeline.query} after={query} />
      </div>
      {misfit && !fresh && <Notice kind="warn" title={misfit.message} hint={misfit.hint || "The state of the last checkpoint does not fit the new query."} />}
      {(misfit || fresh) && (
        <label className="check-line">
          <input type="checkbox" checked={fresh} onChange={(event) => setFresh(event.target.checked)} />
          <span>Begin anew: forget the state, and read each stream from its <code>source.offset</code></span>
        </label>
      )}
      {active && (
        <label className="check-line">
          <input type="checkbox" checked={restart} onChange={(event) => setRestart(event.target.checked)} />
          <span>Restart it with the new version now, from a last checkpoint. Without this, what runs stays the version before</span>
        </label>
      )}
    </Dialog>
  );
}
