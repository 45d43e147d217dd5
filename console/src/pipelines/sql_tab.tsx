import { useState } from "react";

import SqlDiff from "../editor/sql_diff";
import SqlEditor from "../editor/sql_editor";
import { Card, Copy } from "../ui/basics";
import { Segments } from "../ui/segments";
import type { TabProps } from "./pipeline_page";

type View = "saved" | "difference" | "running";

export default function SqlTab({ pipeline, active }: TabProps) {
  const running = pipeline.running_query;
  const differs = running !== null && running !== pipeline.query;
  const [view, setView] = useState<View>(differs ? "difference" : "saved");
  const shown = differs ? view : "saved";
  return (
    <Card title={shown === "difference" ? `From the version that ${active ? "runs" : "ran last"} to the saved one` : "SQL"}
          aside={
            <>
              {differs && (
                <Segments label="Version" value={shown} onChange={setView}
                          choices={[{ value: "difference", label: "Difference" }, { value: "saved", label: "Saved" }, { value: "running", label: active ? "Running" : "Last run" }]} />
              )}
              <Copy text={shown === "running" ? (running ?? "") : pipeline.query} />
            </>
          }>
      {shown === "difference" ? <SqlDiff label="Difference" before={running ?? ""} after={pipeline.query} /> : <SqlEditor key={shown} label={`SQL, ${shown}`} value={shown === "running" ? (running ?? "") : pipeline.query} />}
    </Card>
  );
}
