// Short messages that something has been done; they go by themselves.
import { useSyncExternalStore } from "react";

import { Icon } from "./icons";

interface Toast {
  id: number;
  text: string;
}

const SHOWN_MS = 4000;
let toasts: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();
const change = (next: Toast[]) => {
  toasts = next;
  listeners.forEach((listener) => listener());
};

export function toast(text: string): void {
  const id = ++last;
  change([...toasts.slice(-2), { id, text }]);
  setTimeout(() => change(toasts.filter((each) => each.id !== id)), SHOWN_MS);
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((each) => (
        <div key={each.id} className="toast">
          <Icon name="check" /> {each.text}
        </div>
      ))}
    </div>
  );
}
