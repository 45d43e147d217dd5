import { useEffect, useRef, useState } from "react";

import { isAbort, toApiError, type ApiError } from "../api/client";
import { call } from "../api/client";
import type { JobLogs, LogLine } from "../api/types";
import { moment } from "../lib/format";
import { Card, Empty, Failure } from "../ui/basics";
import { Segments } from "../ui/segments";
import { NeverStarted, type TabProps } from "./pipeline_page";

const MOST_LINES = 2000;
const LOGS_MS = 2000;
type Level = "all" | "warning";

const isWarning = (line: LogLine): boolean => /^(warn|err|crit|fatal)/i.test(line.level);

export function LogsTab({ pipeline, active }: TabProps) {
  const job = pipeline.job_id;
  const { lines, error } = useLogs(job, active);
  const [level, setLevel] = useState<Level>("all");
  const [words, setWords] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const shown = lines.filter((line) => (level === "all" || isWarning(line)) && textOf(line).toLowerCase().includes(words.toLowerCase()));

  // At the end it stays at the end; who scrolls up is left there.
  useEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [shown.length]);
  if (!job) return <NeverStarted pipeline={pipeline} />;
  return (
    <Card title="Logs"
          aside={
            <>
              <input className="input small" type="search" placeholder="Filter" aria-label="Filter the lines" data-filter value={words} onChange={(event) => setWords(event.target.value)} />
              <Segments label="Level" value={level} onChange={setLevel} choices={[{ value: "all", label: "All" }, { value: "warning", label: "Warnings" }]} />
            </>
          }>
      <Failure error={error} />
      {shown.length === 0 ? (
        <Empty icon="info" title={lines.length === 0 ? "No lines yet" : "No line is like this"} />
      ) : (
        <div className="logs" ref={box} tabIndex={0} role="log" aria-label="Log lines"
             onScroll={(event) => { const at = event.currentTarget; follows.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40; }}>
          {shown.map((line) => (
            <div key={line.number} className={`log-line ${/^err|crit|fatal/i.test(line.level) ? "bad" : isWarning(line) ? "warn" : ""}`}>
              <span className="log-time" title={line.at}>{moment(line.at).slice(11)}</span>
              <span className="log-level">{line.level}</span>
              <span>
                {line.message}
                {Object.entries(line.fields ?? {}).map(([name, value]) => (
                  <span key={name} className="log-field"> {name}={typeof value === "string" ? value : JSON.stringify(value)}</span>
                ))}
              </span>
            </div>
          ))}
        </div>
      )}
    </Card>
  );
}

const textOf = (line: LogLine): string => `${line.level} ${line.message} ${JSON.stringify(line.fields ?? {})}`;

function useLogs(job: string | null, active: boolean): { lines: LogLine[]; error: ApiError | undefined } {
  const [state, setState] = useState<{ job: string | null; lines: LogLine[]; error: ApiError | undefined }>({ job, lines: [], error: undefined });
  const wanted = useRef(active);
  wanted.current = active;
  useEffect(() => {
    if (job === null) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let lines: LogLine[] = [];
    let last = 0;
    const read = async () => {
      try {
        const more = await call<JobLogs>(`/jobs/${job}/logs?after=${last}`, { signal: abort.signal });
        last = more.last;
        if (more.lines.length > 0) lines = [...lines, ...more.lines].slice(-MOST_LINES);
        setState({ job, lines, error: undefined });
      } catch (failure) {
        if (isAbort(failure) || abort.signal.aborted) return;
        setState({ job, lines, error: toApiError(failure) });
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void read(), wanted.current ? LOGS_MS : 5 * LOGS_MS);
    };
    void read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [job]);
  return state.job === job ? state : { lines: [], error: undefined };
}
