import { count, rate } from "../lib/format";
import { RowTable } from "../pipelines/row_table";
import { TableChoice, useTableChoice } from "../pipelines/table_choice";
import { latest } from "../pipelines/figures";
import { Button, Card, Empty, Failure, Notice } from "../ui/basics";
import { StateBadge } from "../ui/state_badge";
import type { Preview } from "./preview";

export function PreviewCard({ preview, current, ready, onStart, mayEdit }: { preview: Preview; current: boolean; ready: boolean; onStart: () => void; mayEdit: boolean }) {
  const { output, job, running, starting } = preview;
  const choice = useTableChoice(output.rows);
  const read = latest(preview.metrics?.series.rows_in);
  const failure = job?.state === "Failed" ? (job.failure_message ?? "The query has failed") : null;
  return (
    <Card title="Preview" className="preview"
          aside={
            <>
              <TableChoice {...choice} />
              {running && read !== null && <span className="number">{rate(read)} rows/s read</span>}
              {preview.query && <span className="number">{count(output.seen)} rows</span>}
              {job && <StateBadge state={job.state} />}
            </>
          }>
      {preview.error && <div className="card-body"><Failure error={preview.error} /></div>}
      {output.error && !output.done && <div className="card-body"><Failure error={output.error} /></div>}
      {failure && <div className="card-body"><Notice kind="bad" title={failure} hint={job?.failure?.hint} /></div>}
      {preview.query && !current && !preview.error && (
        <div className="card-body">
          <Notice kind="info" title="These are rows of the SQL before your last change">
            <Button icon="restart" disabled={!ready} onClick={onStart}>Preview it as it is now</Button>
          </Notice>
        </div>
      )}
      {choice.rows.length > 0 ? (
        <RowTable rows={choice.rows} label="Rows of the preview" />
      ) : (
        !preview.error && !failure && (
          <Empty icon="flow" title={starting ? "Starting …" : running ? "It runs, and has given no rows yet" : preview.query ? "It has ended without rows" : "See the rows before anything is made"}
                 action={!preview.query && mayEdit && <Button icon="play" disabled={!ready} onClick={onStart}>Preview</Button>}>
            {running ? "Windows give their rows once the watermark has passed their end." : preview.query ? undefined : "The query runs on live data. Nothing is written to its sinks and no state is kept; it ends when you leave this page."}
          </Empty>
        )
      )}
    </Card>
  );
}
