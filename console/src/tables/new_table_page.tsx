// A new table, by a form or by the CREATE TABLE that somebody has already.
import { lazy, Suspense, useMemo, useState, type FormEvent } from "react";

import { call } from "../api/client";
import { listAll } from "../api/lists";
import type { Connector, List, NewTable, Profile, Table, TestResult } from "../api/types";
import { useAction, useLoad } from "../lib/load";
import { navigate, useSearch, useTitle } from "../lib/router";
import { ddlOfTable, tableOfDdl } from "../sql/table_of_ddl";
import { Button, Card, Copy, Failure, Loading, Notice, PageHead, Scroll } from "../ui/basics";
import { Segments } from "../ui/segments";
import { toast } from "../ui/toasts";
import { bodyOf, draftOf, emptyDraft, type TableDraft } from "./draft";
import { TableForm } from "./table_form";
import { TestReport } from "./test_result";

const SqlEditor = lazy(() => import("../editor/sql_editor"));

export default function NewTablePage() {
  useTitle("New table");
  const like = useSearch().get("like");
  const connectors = useLoad("connectors", (signal) => call<List<Connector>>("/connectors?limit=100", { signal }));
  const profiles = useLoad("profiles", (signal) => listAll<Profile>("/connection_profiles", signal));
  const source = useLoad(like && `table ${like}`, (signal) => call<Table>(`/connection_tables/${encodeURIComponent(like ?? "")}`, { signal }));
  if (connectors.error) return <Failure error={connectors.error} retry={connectors.refresh} />;
  if (!connectors.data || (like && !source.data && !source.error)) return <Loading what="the connectors" />;
  const start = source.data ? { ...draftOf(source.data), name: `${source.data.name}_2` } : emptyDraft();
  return <NewTableForm connectors={connectors.data.data} profiles={profiles.data ?? []} start={start} />;
}

function NewTableForm({ connectors, profiles, start }: { connectors: Connector[]; profiles: Profile[]; start: TableDraft }) {
  const [way, setWay] = useState<"form" | "sql">("form");
  const [draft, setDraft] = useState(start);
  const [ddl, setDdl] = useState("");
  const making = useAction();
  const testing = useAction();
  const [result, setResult] = useState<TestResult>();
  const connector = connectors.find((each) => each.id === draft.connector);
  const pasted = useMemo(() => tableOfDdl(ddl, connectors), [ddl, connectors]);
  const body: NewTable | null = way === "form" ? (connector ? bodyOf(draft, connector) : null) : pasted.table;
  const sql = body ? ddlOfTable({ ...body, name: body.name || "name" }, connectors, profiles) : "";
  const catalogue = useMemo(() => ({ tables: [], connectors }), [connectors]);

  const make = (event?: FormEvent) => {
    event?.preventDefault();
    if (!body) return;
    void making.run(async () => {
      const table = await call<Table>("/connection_tables", { method: "POST", body });
      toast(`${table.name} has been made`);
      navigate(`/tables/${table.id}`);
    });
  };
  const test = () =>
    void testing.run(async () => {
      setResult(undefined);
      setResult(await call<TestResult>("/connection_tables/test", { method: "POST", body: { ...body, name: body?.name || "test" } }));
    });
  const change = (next: TableDraft) => {
    setDraft(next);
    making.clear();
  };
  return (
    <>
      <PageHead title="New table" crumb={{ to: "/tables", label: "Tables" }}>
        <Segments label="How" value={way} onChange={(next) => { setWay(next); setResult(undefined); making.clear(); }} choices={[{ value: "form", label: "Fill in" }, { value: "sql", label: "Paste SQL" }]} />
      </PageHead>
      <form className="stack" onSubmit={make}>
        {way === "form" ? (
          <TableForm draft={draft} onChange={change} connectors={connectors} profiles={profiles} error={making.error} />
        ) : (
          <Card title="CREATE TABLE" className="editor-card" aside={pasted.table && <Button onClick={() => { if (pasted.table) { setDraft(draftOf(pasted.table)); setWay("form"); } }}>Take it into the form</Button>}>
            <Suspense fallback={<Loading what="the editor" />}>
              <SqlEditor label="CREATE TABLE" value={ddl} onChange={setDdl} catalogue={catalogue} placeholder="CREATE TABLE name (columns) WITH (connector = 'kinesis', …);" />
            </Suspense>
          </Card>
        )}
        {way === "sql" && ddl.trim() && pasted.problems.map((problem) => <Notice key={problem} kind="warn" title={problem} />)}
        {way === "sql" && pasted.notes.map((note) => <Notice key={note} kind="info" title={note} />)}
        {making.error && <Failure error={making.error} />}
        <div className="row">
          <Button type="submit" kind="primary" busy={making.busy} disabled={!body || !body.name}>Create table</Button>
          <Button busy={testing.busy} disabled={!body} onClick={test}>Test the connection</Button>
          <span className="muted">A test reads a few records, and keeps nothing.</span>
        </div>
      </form>
      <Failure error={testing.error} />
      {result && (
        <Card title={result.ok ? "The test has succeeded" : "The test has found problems"}>
          <TestReport result={result} />
        </Card>
      )}
      {way === "form" && body && (
        <Card title="The same as SQL" aside={<Copy text={sql} />}>
          <Scroll label="CREATE TABLE">
            <pre className="code flat">{sql}</pre>
          </Scroll>
        </Card>
      )}
    </>
  );
}
