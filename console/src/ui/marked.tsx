import type { ReactNode } from "react";

// Text in which `code` stands between backticks.
export function Marked({ text }: { text: string | undefined }): ReactNode {
  return (text ?? "").split(/`([^`]+)`/).map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part));
}
