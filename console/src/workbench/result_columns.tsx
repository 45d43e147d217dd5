import type { Output } from "../api/types";
import { Empty, Scroll } from "../ui/basics";

// The columns of what a script gives, for each of its sinks.
export function ResultColumns({ outputs }: { outputs: Output[] }) {
  if (outputs.length === 0) return <Empty icon="database" title="The columns of the result">They are here as soon as the SQL is right.</Empty>;
  return (
    <div className="stack card-body">
      {outputs.map((output) => (
        <div key={output.table} className="stack tight">
          <h3>{output.table}</h3>
          <FieldTable fields={output.fields} label={`Columns of ${output.table}`} />
        </div>
      ))}
    </div>
  );
}

export function FieldTable({ fields, label }: { fields: Output["fields"]; label: string }) {
  return (
    <Scroll label={label}>
      <table className="table dense">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col">May be NULL</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name}>
              <td className="mono">{field.name}</td>
              <td className="mono">{field.data_type}</td>
              <td className="muted">{field.nullable === false ? "no" : "yes"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
