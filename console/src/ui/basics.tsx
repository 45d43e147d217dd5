// The small parts that every page is made of.
import { useId, useState, type ButtonHTMLAttributes, type ReactNode } from "react";

import { ApiError } from "../api/client";
import { Link } from "../lib/router";
import { Icon, type IconName } from "./icons";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "plain" | "quiet" | "danger";
  icon?: IconName;
  busy?: boolean;
  // Icon alone: the children are its label.
  compact?: boolean;
}

export function Button({ kind = "plain", icon, busy = false, compact = false, children, className = "", disabled, ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button ${kind} ${compact ? "compact" : ""} ${className}`} disabled={disabled || busy} aria-busy={busy || undefined}
            title={compact && typeof children === "string" ? children : undefined} {...rest}>
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      {children !== undefined && <span className={compact ? "visually-hidden" : undefined}>{children}</span>}
    </button>
  );
}

export function LinkButton({ to, kind = "plain", icon, children }: { to: string; kind?: "primary" | "plain" | "quiet"; icon?: IconName; children: ReactNode }) {
  return (
    <Link to={to} className={`button ${kind}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </Link>
  );
}

export const Spinner = () => <span className="spinner" aria-hidden="true" />;

export function Loading({ what }: { what: string }) {
  return (
    <p className="loading" role="status">
      <Spinner /> Loading {what} …
    </p>
  );
}

// What went wrong, and what to do about it.
export function Failure({ error, retry }: { error: ApiError | undefined; retry?: () => void }) {
  if (!error) return null;
  return (
    <Notice kind="bad" title={error.message} hint={error.hint}>
      {retry && (
        <Button onClick={retry} icon="restart">
          Try again
        </Button>
      )}
    </Notice>
  );
}

interface NoticeProps {
  kind: "bad" | "warn" | "info" | "ok";
  title: ReactNode;
  hint?: ReactNode;
  children?: ReactNode;
}
export function Notice({ kind, title, hint, children }: NoticeProps) {
  return (
    <div className={`notice ${kind}`} role={kind === "bad" ? "alert" : "status"}>
      <Icon name={kind === "bad" || kind === "warn" ? "warning" : kind === "ok" ? "check" : "info"} />
      <div className="notice-text">
        <div className="notice-title">{title}</div>
        {hint && <div className="notice-hint">{hint}</div>}
      </div>
      {children && <div className="notice-actions">{children}</div>}
    </div>
  );
}

// page: there is nothing else on it.
export function Empty({ icon, title, children, action, page = false }: { icon: IconName; title: string; children?: ReactNode; action?: ReactNode; page?: boolean }) {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      {page ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children && <div className="empty-text">{children}</div>}
      {action && <div className="empty-action">{action}</div>}
    </div>
  );
}

// A table (or anything wide) scrolls in its own box, also by the keyboard.
export function Scroll({ label, children, className = "" }: { label: string; children: ReactNode; className?: string }) {
  return (
    <div className={`scroll ${className}`} tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}

export function Card({ title, aside, children, className = "" }: { title?: ReactNode; aside?: ReactNode; children: ReactNode; className?: string }) {
  const id = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={title ? id : undefined}>
      {title && (
        <header className="card-head">
          <h2 id={id}>{title}</h2>
          {aside && <div className="card-aside">{aside}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

// Over plain HTTP to another machine there is no clipboard but that of a selection.
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    if (!(await copyText(text))) return;
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <Button kind="quiet" icon={done ? "check" : "copy"} onClick={() => void copy()}>
      {done ? "Copied" : label}
    </Button>
  );
}

export interface Tab {
  to: string;
  label: string;
  count?: number | undefined;
}
export function Tabs({ tabs, current, label }: { tabs: Tab[]; current: string; label: string }) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} className="tab" aria-current={tab.to === current ? "page" : undefined}>
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && <span className="tab-count">{tab.count > 99 ? "99+" : tab.count}</span>}
        </Link>
      ))}
    </nav>
  );
}

export interface Crumb {
  to: string;
  label: string;
}
export function PageHead({ title, crumb, badge, children, note }: { title: ReactNode; crumb?: Crumb; badge?: ReactNode; children?: ReactNode; note?: ReactNode }) {
  return (
    <div className="page-head">
      <div className="page-title">
        {crumb && (
          <nav className="crumb" aria-label="Above">
            <Link to={crumb.to}>{crumb.label}</Link>
            <Icon name="chevron" size={12} />
          </nav>
        )}
        <h1>{title}</h1>
        {badge}
      </div>
      {note && <div className="page-note">{note}</div>}
      {children && <div className="page-actions">{children}</div>}
    </div>
  );
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  required?: boolean;
  children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}
export function Field({ label, hint, error, required, children }: FieldProps) {
  const id = useId();
  const ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true } = { id };
  if (hint || error) ids["aria-describedby"] = `${id}-hint`;
  if (error) ids["aria-invalid"] = true;
  return (
    <div className={`field ${error ? "wrong" : ""}`}>
      <label htmlFor={id}>
        {label}
        {required && (
          <span className="required" title="has to be given">
            {" "}
            *
          </span>
        )}
      </label>
      {children(ids)}
      {(hint || error) && (
        <div className="field-hint" id={`${id}-hint`}>
          {error && <span className="field-error">{error}</span>}
          {hint}
        </div>
      )}
    </div>
  );
}
