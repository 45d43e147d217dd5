// The rows of a job's output as they come: the newest ones, for a table.
import { useEffect, useState } from "react";

import { isAbort, toApiError, type ApiError } from "../api/client";
import { readEvents } from "../api/events";
import type { OutputRow } from "../api/types";

const MOST_ROWS = 500; // older ones are let go
const SHOW_MS = 150; // as often as somebody can look
const AGAIN_MS = 2000;

export interface JobOutput {
  rows: OutputRow[];
  seen: number; // the number of the last one: how many there have been
  done: boolean;
  error: ApiError | undefined;
}
const NOTHING: JobOutput = { rows: [], seen: 0, done: false, error: undefined };

// job: null = none. Another job begins anew. paused: what comes meanwhile is shown afterwards.
export function useJobOutput(job: string | null, paused = false): JobOutput {
  const [shown, setShown] = useState<{ job: string | null; output: JobOutput }>({ job, output: NOTHING });
  const [keeper] = useState(() => ({ paused }));
  keeper.paused = paused;

  useEffect(() => {
    if (job === null) return;
    const abort = new AbortController();
    let texts: string[] = []; // parsed only if somebody gets to see them
    let last = 0;
    let done = false;
    let error: ApiError | undefined;
    let changed = true;
    const show = () => {
      if (!changed || (keeper.paused && !done)) return;
      changed = false;
      const rows = texts.slice(-MOST_ROWS).map((text) => JSON.parse(text) as OutputRow);
      last = rows.at(-1)?.number ?? last;
      setShown({ job, output: { rows, seen: last, done, error } });
    };
    const timer = setInterval(show, SHOW_MS);
    show();
    const read = async () => {
      while (!done && !abort.signal.aborted) {
        const newest = texts.at(-1);
        if (newest) last = (JSON.parse(newest) as OutputRow).number;
        try {
          await readEvents(`/jobs/${job}/output?after=${last}`, abort.signal, (event) => {
            if (event.event === "done") {
              done = true;
            } else if (event.event === "row" || event.event === "message") {
              texts.push(event.data);
              if (texts.length > 4 * MOST_ROWS) texts = texts.slice(-MOST_ROWS);
            }
            changed = true;
          });
          error = undefined;
        } catch (failure) {
          if (isAbort(failure) || abort.signal.aborted) return;
          error = toApiError(failure);
          changed = true;
          if (error.status === 404 || error.status === 401) break;
        }
        if (!done) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
      show();
    };
    void read();
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [job, keeper]);
  return shown.job === job ? shown.output : NOTHING;
}
