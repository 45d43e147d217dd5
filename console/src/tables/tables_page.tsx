import { useMemo, useState } from "react";

import { useMayEdit } from "../api/caller";
import { listAll } from "../api/lists";
import type { Table } from "../api/types";
import { useNow } from "../lib/clock";
import { ago, moment, plural } from "../lib/format";
import { useLoad } from "../lib/load";
import { Link, useTitle } from "../lib/router";
import { Empty, Failure, LinkButton, Loading, PageHead, Scroll } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Segments } from "../ui/segments";

export default function TablesPage() {
  useTitle("Tables");
  const mayEdit = useMayEdit();
  const list = useLoad("tables", (signal) => listAll<Table>("/connection_tables", signal), 10_000);
  const [words, setWords] = useState("");
  const [use, setUse] = useState<"all" | "source" | "sink">("all");
  const now = useNow(10_000);
  const tables = useMemo(() => list.data?.slice().sort((a, b) => a.name.localeCompare(b.name)), [list.data]);
  const shown = tables?.filter((table) => (use === "all" || table.table_type === use) && `${table.name} ${table.connector} ${JSON.stringify(table.config)}`.toLowerCase().includes(words.toLowerCase()));
  return (
    <>
      <PageHead title="Tables">{mayEdit && <LinkButton to="/tables/new" kind="primary" icon="plus">New table</LinkButton>}</PageHead>
      <Failure error={list.error} />
      {!tables && !list.error && <Loading what="the tables" />}
      {tables && tables.length === 0 && (
        <div className="card">
          <Empty icon="database" title="No tables yet" action={mayEdit && <LinkButton to="/tables/new" kind="primary" icon="plus">Make the first one</LinkButton>}>
            A table says where rows come from or go to: a stream, its format, its columns. Every pipeline can name it in its SQL.
          </Empty>
        </div>
      )}
      {tables && tables.length > 0 && shown && (
        <>
          <div className="row">
            <div className="search">
              <Icon name="search" />
              <input className="input" type="search" placeholder="Filter by name or option" aria-label="Filter by name or option" data-filter value={words} onChange={(event) => setWords(event.target.value)} />
            </div>
            <Segments label="Use" value={use} onChange={setUse}
                      choices={[{ value: "all", label: "All", count: tables.length }, { value: "source", label: "Sources", count: tables.filter((t) => t.table_type === "source").length }, { value: "sink", label: "Sinks", count: tables.filter((t) => t.table_type === "sink").length }]} />
          </div>
          <div className="card">
            <Scroll label="Tables">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Use</th>
                    <th scope="col">Connector</th>
                    <th scope="col" className="wide-only">Columns</th>
                    <th scope="col" className="wide-only">Made</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((table) => (
                    <tr key={table.id}>
                      <td className="name-cell"><Link to={`/tables/${table.id}`}>{table.name}</Link></td>
                      <td><span className={`badge ${table.table_type === "source" ? "done" : "ok"}`}>{table.table_type}</span></td>
                      <td>
                        {table.connector}
                        {table.format && <span className="muted"> · {table.format}</span>}
                      </td>
                      <td className="wide-only muted">{table.schema?.fields?.length ? plural(table.schema.fields.length, "column") : "the record as it is"}</td>
                      <td className="wide-only muted number" title={moment(table.created_at)}>{ago(table.created_at, now)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
            {shown.length === 0 && <p className="card-body muted">None of {plural(tables.length, "table")} is like this.</p>}
          </div>
        </>
      )}
    </>
  );
}
