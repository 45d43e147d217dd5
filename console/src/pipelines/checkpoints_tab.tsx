import { useState } from "react";

import { call } from "../api/client";
import { listAll } from "../api/lists";
import type { Checkpoint } from "../api/types";
import { useNow } from "../lib/clock";
import { ago, bytes, duration, moment, plural } from "../lib/format";
import { useLoad } from "../lib/load";
import { Button, Card, Empty, Failure, Loading, Notice, Scroll } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { NeverStarted, type TabProps } from "./pipeline_page";

export function CheckpointsTab({ pipeline, active }: TabProps) {
  const job = pipeline.job_id;
  const list = useLoad(job && `checkpoints ${job}`, (signal) => listAll<Checkpoint>(`/jobs/${job}/checkpoints`, signal), active ? 5000 : 0);
  const now = useNow();
  const [shown, setShown] = useState<Checkpoint | null>(null);
  if (!job) return <NeverStarted pipeline={pipeline} />;
  if (!list.data) return list.error ? <Failure error={list.error} retry={list.refresh} /> : <Loading what="the checkpoints" />;
  return (
    <Card title="Checkpoints" aside={`one every ${duration(pipeline.checkpoint_interval_micros / 1000)}`}>
      {list.data.length === 0 ? (
        <Empty icon="database" title="No checkpoint is kept">
          A pipeline that reads a stream takes one at each interval; after a stop or a failure it goes on from the newest whole one.
        </Empty>
      ) : (
        <Scroll label="Checkpoints">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Number</th>
                <th scope="col">Taken</th>
                <th scope="col" className="end">Size</th>
                <th scope="col">State</th>
                <th scope="col">
                  <span className="visually-hidden">More</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {list.data.map((checkpoint) => (
                <tr key={checkpoint.id}>
                  <td className="number">{checkpoint.number}</td>
                  <td className="number" title={moment(checkpoint.taken_at)}>
                    {ago(checkpoint.taken_at, now)}
                  </td>
                  <td className="end number">{bytes(checkpoint.bytes)}</td>
                  <td>
                    {checkpoint.damaged ? (
                      <span className="badge bad"><span className="dot" aria-hidden="true" />damaged</span>
                    ) : checkpoint.finished ? (
                      <span className="badge done"><span className="dot" aria-hidden="true" />final</span>
                    ) : (
                      <span className="badge ok"><span className="dot" aria-hidden="true" />whole</span>
                    )}
                  </td>
                  <td className="end">
                    <Button kind="quiet" onClick={() => setShown(checkpoint)}>Look inside</Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {shown && <Inside job={job} checkpoint={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function Inside({ job, checkpoint, onClose }: { job: string; checkpoint: Checkpoint; onClose: () => void }) {
  const whole = useLoad(`checkpoint ${job} ${checkpoint.id}`, (signal) => call<Checkpoint>(`/jobs/${job}/checkpoints/${checkpoint.id}`, { signal }));
  const parts = whole.data?.parts ?? [];
  return (
    <Dialog title={`Checkpoint ${checkpoint.number}`} onClose={onClose} wide>
      <Failure error={whole.error} />
      {checkpoint.problem && <Notice kind="bad" title={checkpoint.problem} hint="A restart goes on from the newest one that is whole." />}
      {checkpoint.sources.map((source) => (
        <div key={source.table} className="stack tight">
          <h3>
            Position of {source.table}
            {source.watermark && <span className="muted"> · watermark {moment(source.watermark)}</span>}
          </h3>
          <Scroll label={`Position of ${source.table}`}>
            <pre className="code">{typeof source.position === "string" ? source.position : JSON.stringify(source.position, null, 2)}</pre>
          </Scroll>
        </div>
      ))}
      {parts.length > 0 && (
        <div className="stack tight">
          <h3>{plural(parts.length, "file")}</h3>
          <Scroll label="Files">
            <table className="table dense">
              <tbody>
                {parts.map((part) => (
                  <tr key={part.file}>
                    <td className="mono">{part.file}</td>
                    <td className="muted">{part.of !== undefined && `of ${part.of}`}{part.worker !== undefined && `, worker ${part.worker}`}</td>
                    <td className="end number">{bytes(part.bytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </div>
      )}
    </Dialog>
  );
}
