import type { SchemaTest } from "../api/types";
import { count } from "../lib/format";
import { Scroll } from "../ui/basics";
import { BadSamples, Checks } from "./test_result";

// Of each column whether the records that are there have it.
export function SchemaReport({ report }: { report: SchemaTest }) {
  const others = report.other_fields ?? [];
  return (
    <div className="stack tight">
      <Checks checks={report.checks} />
      {report.fields && report.fields.length > 0 && (
        <Scroll label="Columns in the records">
          <table className="table dense">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Type</th>
                <th scope="col">In the records</th>
                <th scope="col" className="end">NULL</th>
                <th scope="col" className="end">Cannot be read</th>
              </tr>
            </thead>
            <tbody>
              {report.fields.map((field) => (
                <tr key={field.name}>
                  <td className="mono">{field.name}</td>
                  <td className="mono">{field.data_type}</td>
                  <td>
                    <span className={`badge ${field.status === "ok" ? "ok" : field.status === "failed" ? "bad" : "busy"}`}><span className="dot" aria-hidden="true" />{field.status}</span> {field.message}
                  </td>
                  <td className="end number">{count(field.nulls)}</td>
                  <td className="end number">{count(field.bad)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {others.length > 0 && <p className="muted">The records also have {others.map((field) => `${field.name} ${field.data_type}`).join(", ")}.</p>}
      <BadSamples samples={report.bad_records} />
    </div>
  );
}
