import { listAll } from "../api/lists";
import type { Job } from "../api/types";
import { duration, moment } from "../lib/format";
import { useLoad } from "../lib/load";
import { useNow } from "../lib/clock";
import { Card, Failure, Loading, Scroll } from "../ui/basics";
import { StateBadge } from "../ui/state_badge";
import { NeverStarted, type TabProps } from "./pipeline_page";

export function RunsTab({ pipeline, active }: TabProps) {
  const list = useLoad(`runs ${pipeline.id}`, (signal) => listAll<Job>(`/pipelines/${pipeline.id}/jobs`, signal), active ? 4000 : 0);
  const now = useNow();
  const runs = list.data?.length ?? 0; // the newest has this number
  if (!list.data) return list.error ? <Failure error={list.error} retry={list.refresh} /> : <Loading what="the runs" />;
  if (list.data.length === 0) return <NeverStarted pipeline={pipeline} />;
  return (
    <Card title="Runs" aside="the newest first">
      <Scroll label="Runs">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">State</th>
              <th scope="col">Started</th>
              <th scope="col">For</th>
              <th scope="col" className="end">Restarts</th>
              <th scope="col">What ended it</th>
            </tr>
          </thead>
          <tbody>
            {list.data.map((job, i) => (
              <tr key={job.id}>
                <td className="number" title={job.id}>{runs - i}</td>
                <td><StateBadge state={job.state} /></td>
                <td className="number">{moment(job.started_at ?? job.created_at)}</td>
                <td className="number">{job.started_at ? duration((job.finished_at ? Date.parse(job.finished_at) : now) - Date.parse(job.started_at)) : "–"}</td>
                <td className="end number">{job.restarts}</td>
                <td className={job.failure_message ? "bad-text wrap" : "muted"}>
                  {job.failure_message ?? "–"}
                  {job.failure?.hint && <div className="sub">{job.failure.hint}</div>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Card>
  );
}
