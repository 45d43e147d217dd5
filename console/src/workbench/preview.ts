// A query run for its rows alone: nothing is written to its sinks, and it goes with the page.
import { useCallback, useEffect, useRef, useState } from "react";

import { call, isAbort, toApiError, type ApiError } from "../api/client";
import type { Job, Metrics, Pipeline } from "../api/types";
import { useLoad } from "../lib/load";
import { isActive } from "../ui/state_badge";
import { useJobOutput, type JobOutput } from "../pipelines/job_output";

export interface Preview {
  query: string; // what runs, or has run; "" = nothing yet
  running: boolean;
  starting: boolean;
  output: JobOutput;
  job: Job | undefined;
  metrics: Metrics | undefined;
  error: ApiError | undefined; // it could not be started
  start: (query: string) => void;
  stop: () => void;
}

const remove = (id: string, keepalive = false) => call(`/pipelines/${id}?force=true`, { method: "DELETE", keepalive }).catch(() => undefined); // it goes by itself, too

export function usePreview(): Preview {
  const [state, setState] = useState<{ query: string; pipeline: Pipeline | null; starting: boolean; stopped: boolean; error: ApiError | undefined }>({ query: "", pipeline: null, starting: false, stopped: false, error: undefined });
  const attempt = useRef(0);
  const jobId = state.pipeline?.job_id ?? null;
  const output = useJobOutput(state.stopped ? null : jobId);
  const kept = useRef<JobOutput>(output);
  if (!state.stopped) kept.current = output;
  const watched = jobId !== null && !state.stopped;
  const job = useLoad<Job>(watched ? `preview ${jobId}` : null, (signal) => call(`/jobs/${jobId}`, { signal }), output.done ? 0 : 1500);
  const running = watched && !output.done && (job.data === undefined || isActive(job.data.state));
  const metrics = useLoad<Metrics>(running ? `preview figures ${jobId}` : null, (signal) => call(`/jobs/${jobId}/metrics`, { signal }), 2000);

  // The pipeline goes once nobody shows it: after what asks about it has ended, which the hooks above see to in their turn.
  const pipelineId = state.stopped ? null : (state.pipeline?.id ?? null);
  useEffect(() => {
    if (pipelineId === null) return;
    const leave = () => void remove(pipelineId, true);
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      void remove(pipelineId);
    };
  }, [pipelineId]);
  useEffect(() => () => void attempt.current++, []); // what is still starting when the page goes has come too late

  const start = useCallback((query: string) => {
    const mine = ++attempt.current;
    setState({ query, pipeline: null, starting: true, stopped: false, error: undefined });
    call<Pipeline>("/pipelines", { method: "POST", body: { query, preview: true } })
      .then((pipeline) => {
        if (attempt.current !== mine) return void remove(pipeline.id);
        setState({ query, pipeline, starting: false, stopped: false, error: undefined });
      })
      .catch((error: unknown) => {
        if (attempt.current === mine && !isAbort(error)) setState({ query, pipeline: null, starting: false, stopped: false, error: toApiError(error) });
      });
  }, []);
  const stop = useCallback(() => {
    attempt.current++;
    setState((before) => ({ ...before, starting: false, stopped: true }));
  }, []);

  return { query: state.query, running, starting: state.starting, output: state.stopped ? kept.current : output, job: job.data, metrics: metrics.data, error: state.error, start, stop };
}
