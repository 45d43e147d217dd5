// Keys that do something on every page, as in other consoles: two letters in a row go somewhere.
import { useEffect, useRef } from "react";

export interface Shortcut {
  keys: string; // "g p", "?", "Ctrl+Enter"
  does: string;
}

const SEQUENCE_MS = 1200;

function isTyping(target: EventTarget | null): boolean {
  const element = target instanceof HTMLElement ? target : null;
  if (!element) return false;
  return element.isContentEditable || element.shadowRoot !== null || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
}

// handlers: by key, or by two with a space between. None runs while something is typed, or a dialog is open.
export function useShortcuts(handlers: Record<string, () => void>): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    let first = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const keys = first ? `${first} ${event.key}` : event.key;
      first = "";
      clearTimeout(timer);
      const handler = latest.current[keys];
      if (handler) {
        event.preventDefault();
        handler();
      } else if (Object.keys(latest.current).some((each) => each.startsWith(`${event.key} `))) {
        first = event.key;
        timer = setTimeout(() => (first = ""), SEQUENCE_MS);
      }
    };
    document.addEventListener("keydown", press);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("keydown", press);
    };
  }, []);
}
