// Two versions of a text as one: what has come is green, what has gone is red.
import { unifiedMergeView } from "@codemirror/merge";

import SqlEditor from "./sql_editor";

export default function SqlDiff({ label, before, after }: { label: string; before: string; after: string }) {
  return (
    <SqlEditor key={`${before}\n${after}`} label={label} value={after}
               extra={unifiedMergeView({ original: before, mergeControls: false, highlightChanges: true, gutter: true, collapseUnchanged: { margin: 3, minSize: 6 } })} />
  );
}
