// Data of the server in a component: asked for once, or again and again while somebody looks.
import { useCallback, useEffect, useRef, useState } from "react";

import { ApiError, isAbort, toApiError } from "../api/client";

export interface Loaded<T> {
  data: T | undefined; // the last that came, also when it could not be had again
  error: ApiError | undefined; // of the last attempt
  refresh: () => void;
  set: (data: T) => void; // what an answer to a change has shown already
}

// key: what is loaded; another key begins anew. null: nothing is. everyMs: 0 = once. Nothing is asked while the tab is hidden.
export function useLoad<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>, everyMs = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string | null; data?: T | undefined; error?: ApiError | undefined }>({ key });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const again = () => {
      if (everyMs === 0 || abort.signal.aborted) return;
      // A hidden tab asks once it is shown again.
      timer = setTimeout(() => !document.hidden && void ask(), Math.min(everyMs * 2 ** failures, 30_000));
    };
    const ask = async () => {
      try {
        const data = await latest.current(abort.signal);
        if (abort.signal.aborted) return;
        failures = 0;
        setState({ key, data });
      } catch (error) {
        if (isAbort(error) || abort.signal.aborted) return;
        failures = Math.min(failures + 1, 4);
        setState((before) => ({ key, data: before.key === key ? before.data : undefined, error: toApiError(error) }));
      }
      again();
    };
    const shown = () => {
      if (document.hidden || everyMs === 0) return;
      clearTimeout(timer);
      void ask();
    };
    void ask();
    document.addEventListener("visibilitychange", shown);
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [key, everyMs, round]);

  const refresh = useCallback(() => setRound((n) => n + 1), []);
  const set = useCallback((data: T) => setState({ key, data }), [key]);
  const current = state.key === key;
  return { data: current ? state.data : undefined, error: current ? state.error : undefined, refresh, set };
}

// A value once it has been the same for a while: what is typed.
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

// Something that a button starts: whether it runs, and how it failed.
export function useAction(): { busy: boolean; error: ApiError | undefined; run: (action: () => Promise<void>) => Promise<boolean>; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const run = useCallback(async (action: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await action();
      return true;
    } catch (failure) {
      if (!isAbort(failure)) setError(toApiError(failure));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(undefined), []);
  return { busy, error, run, clear };
}
