import { useState } from "react";

import { useMayEdit } from "../api/caller";
import { call } from "../api/client";
import type { Connector, List, Profile, Table, TestResult } from "../api/types";
import { moment } from "../lib/format";
import { useAction, useLoad } from "../lib/load";
import { Link, navigate, useTitle } from "../lib/router";
import type { PageProps } from "../shell";
import { ddlOfTable } from "../sql/table_of_ddl";
import { Button, Card, Copy, Empty, Failure, LinkButton, Loading, PageHead, Scroll } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { toast } from "../ui/toasts";
import { FieldTable } from "../workbench/result_columns";
import { flatten } from "./draft";
import { TestReport } from "./test_result";

export default function TablePage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  const mayEdit = useMayEdit();
  const table = useLoad(`table ${id}`, (signal) => call<Table>(`/connection_tables/${encodeURIComponent(id)}`, { signal }));
  const connectors = useLoad("connectors", (signal) => call<List<Connector>>("/connectors?limit=100", { signal }));
  const profileId = table.data?.connection_profile_id;
  const profile = useLoad(profileId ? `profile ${profileId}` : null, (signal) => call<Profile>(`/connection_profiles/${encodeURIComponent(profileId ?? "")}`, { signal }));
  const [deleting, setDeleting] = useState(false);
  const [result, setResult] = useState<TestResult>();
  const testing = useAction();
  useTitle(table.data?.name ?? "Table");
  if (table.error?.status === 404)
    return (
      <Empty page icon="database" title="There is no such table" action={<LinkButton to="/tables">All tables</LinkButton>}>
        {id} has been deleted, or has never been.
      </Empty>
    );
  const data = table.data;
  if (!data) return table.error ? <Failure error={table.error} retry={table.refresh} /> : <Loading what="the table" />;
  const ddl = ddlOfTable(data, connectors.data?.data ?? [], profile.data ? [profile.data] : []);
  const fields = data.schema?.fields ?? [];
  const isSource = data.table_type === "source";
  const test = () =>
    void testing.run(async () => {
      setResult(undefined);
      setResult(await call<TestResult>("/connection_tables/test", { method: "POST", body: { id: data.id } }));
    });
  return (
    <>
      <PageHead title={data.name} crumb={{ to: "/tables", label: "Tables" }} badge={<span className={`badge ${isSource ? "done" : "ok"}`}>{data.table_type}</span>}>
        {mayEdit && (
          <>
            <Button icon="check" busy={testing.busy} onClick={test}>Test</Button>
            {isSource && <LinkButton to={`/pipelines/new?table=${encodeURIComponent(data.name)}`} icon="flow">Query it</LinkButton>}
            <LinkButton to={`/tables/new?like=${encodeURIComponent(data.id)}`} icon="copy">Duplicate</LinkButton>
            <Button kind="danger" icon="trash" onClick={() => setDeleting(true)}>Delete</Button>
          </>
        )}
      </PageHead>
      <Failure error={testing.error} />
      {testing.busy && <Loading what="what the test finds; it takes up to ten seconds" />}
      {result && (
        <Card title={result.ok ? "The test has succeeded" : "The test has found problems"} aside={<Button kind="quiet" icon="cross" compact onClick={() => setResult(undefined)}>Close the report</Button>}>
          <TestReport result={result} />
        </Card>
      )}
      <div className="halves">
        <Card title="Definition">
          <dl className="facts card-body">
            <dt>Connector</dt>
            <dd>{data.connector}</dd>
            {data.format && (
              <>
                <dt>Format</dt>
                <dd>{data.format}</dd>
              </>
            )}
            {data.connection_profile_id && (
              <>
                <dt>Profile</dt>
                <dd><Link to={`/profiles/${data.connection_profile_id}`}>{profile.data?.name ?? data.connection_profile_id}</Link></dd>
              </>
            )}
            {Object.entries(flatten(data.config)).map(([name, value]) => (
              <div key={name} className="fact">
                <dt className="mono">{name}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
            {data.event_time_field && (
              <>
                <dt>Event time</dt>
                <dd>
                  <code>{data.event_time_field}</code>
                  {data.watermark_delay && `, rows may be ${data.watermark_delay} late`}
                </dd>
              </>
            )}
            <dt>Made</dt>
            <dd>{moment(data.created_at)}</dd>
          </dl>
        </Card>
        <Card title="Columns">
          {fields.length > 0 ? (
            <FieldTable fields={fields} label={`Columns of ${data.name}`} />
          ) : (
            <p className="card-body muted">
              Each record is one column, <code>value JSON</code>{isSource ? "; beside it stand its shard, its sequence number and their like." : ": a query that is inserted into it gives that one column."}
            </p>
          )}
        </Card>
      </div>
      <Card title="As SQL" aside={<Copy text={ddl} />}>
        <Scroll label="CREATE TABLE">
          <pre className="code flat">{ddl}</pre>
        </Scroll>
      </Card>
      {deleting && <DeleteTable table={data} onClose={() => setDeleting(false)} />}
    </>
  );
}

function DeleteTable({ table, onClose }: { table: Table; onClose: () => void }) {
  const { busy, error, run } = useAction();
  const remove = () =>
    void run(async () => {
      await call(`/connection_tables/${table.id}`, { method: "DELETE" });
      toast(`${table.name} has been deleted`);
      navigate("/tables", { replace: true });
    });
  return (
    <Dialog title={`Delete ${table.name}`} onClose={onClose} confirm="Delete" kind="danger" onConfirm={remove} busy={busy} error={error}>
      <p>The stream behind it, and what is in it, stay. A table that pipelines use cannot be deleted: the server says which.</p>
    </Dialog>
  );
}
