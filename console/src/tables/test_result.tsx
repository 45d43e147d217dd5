// What trying a connection has shown.
import type { BadSample, Check, TestResult } from "../api/types";
import { Scroll } from "../ui/basics";
import { Icon } from "../ui/icons";
import { RowTable } from "../pipelines/row_table";

export function Checks({ checks }: { checks: Check[] }) {
  return (
    <ul className="checks">
      {checks.map((check, i) => (
        <li key={i} className={`check ${check.status}`}>
          <Icon name={check.status === "ok" ? "check" : check.status === "failed" ? "cross" : "dash"} />
          <span className="check-name">
            {check.name}
            <span className="visually-hidden">: {check.status}</span>
          </span>
          <span className="check-text">
            {check.message}
            {check.hint && <span className="check-hint">{check.hint}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function BadSamples({ samples }: { samples: BadSample[] | undefined }) {
  if (!samples?.length) return null;
  return (
    <div className="stack tight card-body">
      <h3>Records that cannot be read</h3>
      {samples.map((sample, i) => (
        <div key={i} className="bad-sample">
          <p>
            {sample.column && <code>{sample.column}</code>} {sample.message} <span className="muted">{sample.place}</span>
          </p>
          {sample.text && (
            <Scroll label="The record">
              <pre className="code">{sample.text}</pre>
            </Scroll>
          )}
        </div>
      ))}
    </div>
  );
}

export function TestReport({ result }: { result: TestResult }) {
  const rows = result.rows ?? [];
  return (
    <>
      <Checks checks={result.checks} />
      {rows.length > 0 && <RowTable label="Sample rows" numbered={false} rows={rows.map((row, i) => ({ number: i + 1, table: "sample", row }))} />}
      <BadSamples samples={result.bad_records} />
    </>
  );
}
