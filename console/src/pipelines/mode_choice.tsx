import type { StopMode } from "../api/types";

const MODES: { mode: StopMode; title: string; text: string }[] = [
  { mode: "checkpoint", title: "With a checkpoint", text: "Takes a last checkpoint and sends what it holds. Started again, it goes on from there: nothing is lost, nothing comes twice." },
  { mode: "graceful", title: "As at the end of the input", text: "Reads no more, closes every open window and sends its rows, then stops. Rows that come later for these windows make a window anew." },
  { mode: "immediate", title: "At once", text: "Takes no checkpoint. Started again, it goes on from the last one, and reads again what came after it." },
  { mode: "force", title: "By force", text: "Waits for nothing, not even for what has been sent. For a pipeline that does not answer." },
];

// The ways of stopping, each with what becomes of the rows.
export function ModeChoice({ legend, mode, onChange }: { legend: string; mode: StopMode; onChange: (mode: StopMode) => void }) {
  return (
    <fieldset className="choices">
      <legend>{legend}</legend>
      {MODES.map((each) => (
        <label key={each.mode} className="choice">
          <input type="radio" name="mode" value={each.mode} checked={mode === each.mode} onChange={() => onChange(each.mode)} />
          <span className="choice-title">{each.title}</span>
          <span className="choice-text">{each.text}</span>
        </label>
      ))}
    </fieldset>
  );
}
