// A table filled in field by field; the fields are those that the connector says it has.
import { useState } from "react";

import { call, type ApiError } from "../api/client";
import type { Connector, Inferred, Profile, SchemaTest } from "../api/types";
import { plural } from "../lib/format";
import { useAction } from "../lib/load";
import { Button, Card, Failure, Field, Notice } from "../ui/basics";
import { Marked } from "../ui/marked";
import { Segments } from "../ui/segments";
import { ColumnsEditor } from "./columns_editor";
import { bodyOf, flatten, groupsOf, optionOfField, otherOptions, type TableDraft, type Use } from "./draft";
import { OptionField } from "./option_field";
import { SchemaReport } from "./schema_report";

interface TableFormProps {
  draft: TableDraft;
  onChange: (draft: TableDraft) => void;
  connectors: Connector[];
  profiles: Profile[];
  error: ApiError | undefined; // of the last attempt to make it
}

export function TableForm({ draft, onChange, connectors, profiles, error }: TableFormProps) {
  const connector = connectors.find((each) => each.id === draft.connector);
  const set = (change: Partial<TableDraft>) => onChange({ ...draft, ...change });
  const wrong = (field: string) => (error?.field === field ? error.message : undefined);
  const choose = (id: string) => {
    const chosen = connectors.find((each) => each.id === id);
    const use: Use = chosen && !chosen.source ? "sink" : chosen && !chosen.sink ? "source" : draft.use;
    set({ connector: id, use, options: id === draft.connector ? draft.options : {}, format: "", profile: "" });
  };
  return (
    <>
      <Card title="What it is">
        <div className="card-body stack">
          <div className="fields">
            <Field label="Name" required hint="Pipelines name it so in their SQL: letters, digits and _" error={wrong("name")}>
            {(ids) => <input {...ids} className="input" autoFocus spellCheck={false} autoComplete="off" placeholder="e.g. clickstream" value={draft.name} onChange={(event) => set({ name: event.target.value })} />}
            </Field>
          </div>
          <fieldset className="choices connectors">
            <legend>Connector</legend>
            {connectors.map((each) => (
              <label key={each.id} className="choice">
                <input type="radio" name="connector" checked={each.id === draft.connector} onChange={() => choose(each.id)} />
                <span className="choice-title">{each.name}</span>
                <span className="choice-text"><Marked text={each.description} /></span>
              </label>
            ))}
          </fieldset>
          {connector && (
            <div className="row">
              <span className="label">Pipelines</span>
              <Segments label="Use" value={draft.use} onChange={(use) => set({ use })}
                        choices={[...(connector.source ? [{ value: "source" as const, label: "read from it" }] : []), ...(connector.sink ? [{ value: "sink" as const, label: "write to it" }] : [])]} />
            </div>
          )}
        </div>
      </Card>
      {connector && <Options draft={draft} set={set} connector={connector} profiles={profiles} error={error} />}
      {connector && <Columns draft={draft} set={set} connector={connector} />}
    </>
  );
}

interface PartProps {
  draft: TableDraft;
  set: (change: Partial<TableDraft>) => void;
  connector: Connector;
}

function Options({ draft, set, connector, profiles, error }: PartProps & { profiles: Profile[]; error: ApiError | undefined }) {
  const groups = groupsOf(connector, draft.use);
  const fitting = profiles.filter((profile) => profile.connector === connector.id);
  const inherited = flatten(fitting.find((profile) => profile.id === draft.profile)?.config ?? {});
  const option = (path: string, value: string) => set({ options: { ...draft.options, [path]: value } });
  const fields = (places: typeof groups.main) => (
    <div className="fields">
      {places.map((place) => {
        const path = place.path.join(".");
        return <OptionField key={path} place={place} value={draft.options[path] ?? ""} onChange={(value) => option(path, value)} inherited={inherited[path]}
                            error={error && optionOfField(error.field) === path ? error.message : undefined} />;
      })}
    </div>
  );
  const given = (places: typeof groups.main) => places.some((place) => draft.options[place.path.join(".")] || (error && optionOfField(error.field) === place.path.join(".")));
  return (
    <Card title="Options">
      <div className="card-body stack">
        {connector.formats.length > 0 && (
          <div className="fields">
            <Field label="Format" hint="How a row is written as bytes">
              {(ids) => (
                <select {...ids} className="input select" value={draft.format} onChange={(event) => set({ format: event.target.value })}>
                  <option value="">{connector.formats[0]} (default)</option>
                  {connector.formats.slice(1).map((format) => (
                    <option key={format}>{format}</option>
                  ))}
                </select>
              )}
            </Field>
            {fitting.length > 0 && (
              <Field label="Connection profile" hint="Settings that tables share; what is given here comes before them">
                {(ids) => (
                  <select {...ids} className="input select" value={draft.profile} onChange={(event) => set({ profile: event.target.value })}>
                    <option value="">none</option>
                    {fitting.map((profile) => (
                      <option key={profile.id} value={profile.id}>{profile.name}</option>
                    ))}
                  </select>
                )}
              </Field>
            )}
          </div>
        )}
        {fields(groups.main)}
        {groups.main.length + groups.connection.length + groups.more.length === 0 && <p className="muted">{connector.name} has no options of its own.</p>}
        {groups.connection.length > 0 && (
          <details open={given(groups.connection) || undefined}>
            <summary>Connection: region, endpoint, credentials</summary>
            <div className="details-body">{fields(groups.connection)}</div>
          </details>
        )}
        <details open={given(groups.more) || undefined}>
          <summary>More options</summary>
          <div className="details-body stack">
            {fields(groups.more)}
            <OtherOptions draft={draft} set={set} connector={connector} />
          </div>
        </details>
      </div>
    </Card>
  );
}

function OtherOptions({ draft, set, connector }: PartProps) {
  const [name, setName] = useState("");
  const others = otherOptions(draft, connector);
  const without = (path: string) => Object.fromEntries(Object.entries(draft.options).filter(([each]) => each !== path));
  const add = () => {
    if (name.trim()) set({ options: { ...draft.options, [name.trim()]: draft.options[name.trim()] ?? "" } });
    setName("");
  };
  return (
    <div className="stack tight">
      <span className="label">Options of the format, and of every table</span>
      <span className="muted">For instance badData = drop, or event_time.max_delay = 30s; docs/connectors.md lists them.</span>
      {others.map(([path, value]) => (
        <div key={path} className="other-option">
          <code>{path}</code>
          <input className="input" aria-label={path} value={value} onChange={(event) => set({ options: { ...draft.options, [path]: event.target.value } })} />
          <Button kind="quiet" icon="cross" compact onClick={() => set({ options: without(path) })}>{`Remove ${path}`}</Button>
        </div>
      ))}
      <div className="row">
        <input className="input small" aria-label="Name of an option" placeholder="name" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)}
               onKeyDown={(event) => { if (event.key === "Enter") { event.preventDefault(); add(); } }} />
        <Button icon="plus" disabled={!name.trim()} onClick={add}>Add</Button>
      </div>
    </div>
  );
}

function Columns({ draft, set, connector }: PartProps) {
  const infer = useAction();
  const check = useAction();
  const [notes, setNotes] = useState<string[]>([]);
  const [report, setReport] = useState<SchemaTest>();
  const times = draft.fields.filter((field) => /^(TIMESTAMP|DATETIME)/i.test(field.data_type.trim()));
  const isSource = draft.use === "source";
  const records = isSource && connector.formats.length > 0; // there are records to look at
  const named = { ...draft, name: draft.name.trim() || "sample" };
  const doInfer = () =>
    void infer.run(async () => {
      setReport(undefined);
      const found = await call<Inferred>("/connection_tables/schemas/infer", { method: "POST", body: bodyOf({ ...named, described: false }, connector) });
      set({ described: true, fields: found.fields, eventTime: found.event_time_field ?? "", format: found.format ?? draft.format, options: { ...draft.options, ...flatten(found.config ?? {}) } });
      setNotes([...(found.rows_read !== undefined ? [`Told from ${plural(found.rows_read, "record")}`] : []), ...found.notes]);
    });
  const doCheck = () =>
    void check.run(async () => {
      setNotes([]);
      setReport(await call<SchemaTest>("/connection_tables/schemas/test", { method: "POST", body: bodyOf(named, connector) }));
    });
  return (
    <Card title="Columns"
          aside={
            records && (
              <>
                <Button icon="search" busy={infer.busy} onClick={doInfer}>Infer from records</Button>
                {draft.described && draft.fields.length > 0 && <Button busy={check.busy} onClick={doCheck}>Check against records</Button>}
              </>
            )
          }>
      <div className="card-body stack">
        <Segments label="Columns" value={draft.described ? "columns" : "record"} onChange={(value) => set({ described: value === "columns", fields: value === "columns" && draft.fields.length === 0 ? [{ name: "", data_type: "", nullable: true }] : draft.fields })}
                  choices={[{ value: "record", label: "The record as it is" }, { value: "columns", label: "Named columns" }]} />
        <Failure error={infer.error ?? check.error} />
        {notes.length > 0 && <Notice kind="info" title={<span className="plain-title">{notes.join(" ")}</span>} />}
        {draft.described ? (
          <>
            <ColumnsEditor fields={draft.fields} onChange={(fields) => set({ fields })} />
            {isSource && (
              <div className="fields">
                <Field label="Event time" hint="The TIMESTAMP that says when a row happened: windows go by it">
                  {(ids) => (
                    <select {...ids} className="input select" value={draft.eventTime} onChange={(event) => set({ eventTime: event.target.value })}>
                      <option value="">told by the query</option>
                      {times.map((field) => (
                        <option key={field.name} value={field.name}>{field.name}</option>
                      ))}
                    </select>
                  )}
                </Field>
                {draft.eventTime && (
                  <Field label="Rows may be late by" hint="Windows wait that long">
                    {(ids) => <input {...ids} className="input" placeholder="e.g. 5 seconds" value={draft.delay} onChange={(event) => set({ delay: event.target.value })} />}
                  </Field>
                )}
              </div>
            )}
            {report && <SchemaReport report={report} />}
          </>
        ) : (
          <p className="muted">
            Each record is one column, <code>value JSON</code>{isSource ? "; beside it stand its shard, its sequence number and their like." : ": a query that is inserted into it gives that one column."}
          </p>
        )}
      </div>
    </Card>
  );
}
