// Rows as a table: the newest on top.
import { useMemo } from "react";

import type { OutputRow } from "../api/types";
import { Scroll } from "../ui/basics";

const MOST_SHOWN = 200;

export function RowTable({ rows, label, numbered = true }: { rows: OutputRow[]; label: string; numbered?: boolean }) {
  const columns = useMemo(() => {
    const names = new Set<string>();
    for (const { row } of rows) for (const name of Object.keys(row)) names.add(name);
    return [...names];
  }, [rows]);
  const newest = rows.slice(-MOST_SHOWN).reverse();
  return (
    <Scroll label={label} className="rows">
      <table className="table dense sticky mono-cells">
        <thead>
          <tr>
            {numbered && <th scope="col" className="end">#</th>}
            {columns.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newest.map(({ number, row }) => (
            <tr key={number}>
              {numbered && <td className="end number muted">{number}</td>}
              {columns.map((name) => (
                <Cell key={name} value={row[name]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <td className="muted">NULL</td>;
  if (typeof value === "number") return <td className="number">{String(value)}</td>;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <td>
      <span className="cell" title={text.length > 40 ? text : undefined}>
        {text}
      </span>
    </td>
  );
}
