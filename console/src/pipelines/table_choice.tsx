// Rows of several outputs: one at a time is shown.
import { useMemo, useState } from "react";

import type { OutputRow } from "../api/types";
import { Segments } from "../ui/segments";

interface Choice {
  tables: string[];
  table: string;
  setTable: (table: string) => void;
  rows: OutputRow[]; // of that table
}

export function useTableChoice(all: OutputRow[]): Choice {
  const [wanted, setTable] = useState("");
  const tables = useMemo(() => [...new Set(all.map((row) => row.table))].sort(), [all]);
  const table = tables.includes(wanted) ? wanted : (tables[0] ?? "");
  const rows = useMemo(() => (tables.length > 1 ? all.filter((row) => row.table === table) : all), [all, table, tables]);
  return { tables, table, setTable, rows };
}

export function TableChoice({ tables, table, setTable }: Choice) {
  if (tables.length < 2) return null;
  return <Segments label="Rows of" value={table} onChange={setTable} choices={tables.map((name) => ({ value: name, label: name }))} />;
}
