// A script that is being written, kept in the tab: a reload or a sign-in loses nothing of it.
import { useCallback, useState } from "react";

const keyOf = (name: string) => `laminar.draft.${name}`;

export function readDraft(name: string): string | null {
  try {
    return sessionStorage.getItem(keyOf(name));
  } catch {
    return null;
  }
}

export function dropDraft(name: string): void {
  try {
    sessionStorage.removeItem(keyOf(name));
  } catch {
    // Storage may be forbidden.
  }
}

// saved: what there is without a draft. name: "new", or a pipeline's id.
export function useDraft(name: string, saved: string): [text: string, setText: (text: string) => void, isDraft: boolean] {
  const [text, setState] = useState(() => readDraft(name) ?? saved);
  const setText = useCallback(
    (next: string) => {
      setState(next);
      try {
        if (next === saved) sessionStorage.removeItem(keyOf(name));
        else sessionStorage.setItem(keyOf(name), next);
      } catch {
        // as above
      }
    },
    [name, saved],
  );
  return [text, setText, text !== saved];
}
