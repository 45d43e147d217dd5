// What the server says about a script that is being typed.
import { useEffect, useState } from "react";

import { call, isAbort, toApiError, type ApiError } from "../api/client";
import type { Validation } from "../api/types";
import { useSettled } from "../lib/load";

const TYPING_MS = 350;

export interface Checked {
  validation: Validation | undefined; // of the last script that was checked
  of: string; // that script
  checking: boolean; // what is there now is not checked yet
  error: ApiError | undefined; // the check itself could not be made
  graph: Validation["graph"]; // of the last script that was right: it stays while something is wrong
}

// again: another value checks the same script once more, as when a table has been made. may: false = nothing is checked.
export function useValidation(script: string, again: unknown, may = true): Checked {
  const settled = useSettled(script, TYPING_MS);
  const [state, setState] = useState<Omit<Checked, "checking">>({ validation: undefined, of: "", error: undefined, graph: null });
  useEffect(() => {
    if (!settled.trim() || !may) {
      setState({ validation: undefined, of: settled, error: undefined, graph: null });
      return;
    }
    const abort = new AbortController();
    call<Validation>("/pipelines/validate_query", { method: "POST", body: { query: settled }, signal: abort.signal })
      .then((validation) => setState((before) => ({ validation, of: settled, error: undefined, graph: validation.graph ?? before.graph })))
      .catch((error: unknown) => {
        if (!isAbort(error)) setState((before) => ({ ...before, of: settled, error: toApiError(error) }));
      });
    return () => abort.abort();
  }, [settled, again, may]);
  return { ...state, checking: may && script.trim() !== "" && state.of !== script };
}
