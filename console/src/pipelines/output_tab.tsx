import { useState } from "react";

import { count } from "../lib/format";
import { Button, Card, Empty, Failure } from "../ui/basics";
import { useJobOutput } from "./job_output";
import { NeverStarted, type TabProps } from "./pipeline_page";
import { RowTable } from "./row_table";
import { TableChoice, useTableChoice } from "./table_choice";

export function OutputTab({ pipeline, active }: TabProps) {
  const [paused, setPaused] = useState(false);
  const output = useJobOutput(pipeline.job_id, paused);
  const choice = useTableChoice(output.rows);
  if (!pipeline.job_id) return <NeverStarted pipeline={pipeline} />;
  return (
    <Card title="Output"
          aside={
            <>
              <TableChoice {...choice} />
              <span className="number">{count(output.seen)} rows</span>
              {active && <Button kind="quiet" icon={paused ? "play" : "stop"} onClick={() => setPaused(!paused)}>{paused ? "Go on" : "Hold"}</Button>}
            </>
          }>
      {output.error && (
        <div className="card-body">
          <Failure error={output.error} />
        </div>
      )}
      {choice.rows.length > 0 ? (
        <RowTable rows={choice.rows} label="Rows of the output" />
      ) : (
        <Empty icon="flow" title={output.done || !active ? "It has given no rows here" : "No rows yet"}>
          Here are the rows of a SELECT without INSERT INTO, and of tables with the connector stdout. Rows of other sinks go where these write to; the editor&rsquo;s preview shows them.
        </Empty>
      )}
    </Card>
  );
}
