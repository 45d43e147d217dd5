import { useEffect, useId, useRef, type FormEvent, type ReactNode } from "react";

import type { ApiError } from "../api/client";
import { Button, Failure } from "./basics";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  // With these it is a question: Enter and the button say yes.
  confirm?: string;
  kind?: "primary" | "danger";
  onConfirm?: () => void;
  busy?: boolean;
  disabled?: boolean;
  error?: ApiError | undefined;
  wide?: boolean;
}

// The browser's own modal dialog: it keeps the focus within, Escape closes it, and the focus goes back to where it was.
export function Dialog({ title, onClose, children, confirm, kind = "primary", onConfirm, busy = false, disabled = false, error, wide = false }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!disabled && !busy) onConfirm?.();
  };
  return (
    <dialog ref={box} className={`dialog ${wide ? "wide" : ""}`} aria-labelledby={id}
            onCancel={(event) => { event.preventDefault(); onClose(); }}
            onMouseDown={(event) => event.target === box.current && onClose()}>
      <form className="dialog-inside" onSubmit={submit}>
        <header className="dialog-head">
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" icon="cross" compact onClick={onClose}>
            Close
          </Button>
        </header>
        <div className="dialog-body">
          {children}
          <Failure error={error} />
        </div>
        {confirm && (
          <footer className="dialog-foot">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" kind={kind} busy={busy} disabled={disabled}>
              {confirm}
            </Button>
          </footer>
        )}
      </form>
    </dialog>
  );
}
