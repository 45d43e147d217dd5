import type { PipelineState } from "../api/types";

const TONES: Record<PipelineState, string> = {
  Created: "idle",
  Scheduling: "busy",
  Running: "ok",
  Stopping: "busy",
  Stopped: "idle",
  Finished: "done",
  Restarting: "busy",
  Failed: "bad",
};

export const isActive = (state: PipelineState): boolean => ["Created", "Scheduling", "Running", "Stopping", "Restarting"].includes(state);

export function StateBadge({ state }: { state: PipelineState }) {
  return (
    <span className={`badge ${TONES[state] ?? "idle"}`}>
      <span className="dot" aria-hidden="true" />
      {state}
    </span>
  );
}
