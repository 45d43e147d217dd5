// Where SQL is written: checked as it is typed, its plan and its rows beside it, before anything is made.
import { useMemo, useState } from "react";

import { useMayEdit } from "../api/caller";
import { call } from "../api/client";
import { listAll } from "../api/lists";
import type { Connector, List, Pipeline, Problem, Table } from "../api/types";
import SqlEditor from "../editor/sql_editor";
import PlanGraph from "../graph/plan_graph";
import { plural } from "../lib/format";
import { useLoad } from "../lib/load";
import { navigate, useSearch, useTitle } from "../lib/router";
import type { PageProps } from "../shell";
import type { Catalogue } from "../sql/complete";
import { quoteName } from "../sql/table_of_ddl";
import { Button, Card, Empty, Failure, LinkButton, Loading, Notice, PageHead, Spinner } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Segments } from "../ui/segments";
import { CataloguePane } from "./catalogue_pane";
import { CreateDialog } from "./create_dialog";
import { dropDraft, useDraft } from "./draft";
import { ResultColumns } from "./result_columns";
import { usePreview } from "./preview";
import { PreviewCard } from "./preview_card";
import { SaveDialog } from "./save_dialog";
import { useValidation } from "./validation";

const EXAMPLE = `-- Rows that are made up, fifty a second: an example that needs no stream
CREATE TABLE readings (
    device BIGINT AS (i % 5),
    celsius DOUBLE AS (20 + 10 * r)
) WITH (connector = 'generator', rows_per_second = 50);

SELECT device, round(celsius * 9 / 5 + 32, 1) AS fahrenheit
FROM readings
WHERE celsius > 22;
`;

export default function WorkbenchPage({ parameters }: PageProps) {
  const id = parameters["id"];
  const pipeline = useLoad(id ? `edit ${id}` : null, (signal) => call<Pipeline>(`/pipelines/${encodeURIComponent(id ?? "")}`, { signal }));
  useTitle(id ? "Edit" : "New pipeline", pipeline.data?.name);
  if (!id) return <Workbench pipeline={null} refresh={() => undefined} />;
  if (pipeline.error?.status === 404)
    return (
      <Empty page icon="flow" title="There is no such pipeline" action={<LinkButton to="/pipelines">All pipelines</LinkButton>}>
        {id} has been deleted, or has never been.
      </Empty>
    );
  if (!pipeline.data) return pipeline.error ? <Failure error={pipeline.error} retry={pipeline.refresh} /> : <Loading what="the pipeline" />;
  return <Workbench key={pipeline.data.id} pipeline={pipeline.data} refresh={pipeline.refresh} />;
}

type Side = "plan" | "columns" | "tables";

function Workbench({ pipeline, refresh }: { pipeline: Pipeline | null; refresh: () => void }) {
  const search = useSearch();
  const mayEdit = useMayEdit();
  const from = search.get("table");
  const saved = pipeline?.query ?? (from ? `SELECT *\nFROM ${quoteName(from)};\n` : "");
  const [script, setScript, isDraft] = useDraft(pipeline?.id ?? (from ? `new ${from}` : "new"), saved);
  const tables = useLoad("tables", (signal) => listAll<Table>("/connection_tables", signal), 15_000);
  const connectors = useLoad("connectors", (signal) => call<List<Connector>>("/connectors?limit=100", { signal }));
  const catalogue = useMemo<Catalogue>(() => ({ tables: tables.data ?? [], connectors: connectors.data?.data ?? [] }), [tables.data, connectors.data]);
  const tableNames = tables.data?.map((table) => table.id).join();
  const checked = useValidation(script, tableNames, mayEdit);
  const preview = usePreview();
  const [side, setSide] = useState<Side>("plan");
  const [asking, setAsking] = useState(false);
  const line = Number(search.get("line"));
  const [at, setAt] = useState(line > 0 ? { line, column: Number(search.get("column")) || 1 } : undefined);

  const errors = checked.validation?.errors ?? NONE;
  const warnings = checked.validation?.warnings ?? NONE;
  const right = checked.validation?.valid === true && !checked.checking;
  const run = () => {
    // What has not been checked yet, the start checks.
    if (mayEdit && script.trim() && (checked.checking || errors.length === 0)) preview.start(script);
  };
  const show = (problem: Problem) => problem.line !== null && setAt({ line: problem.line, column: problem.column ?? 1 });
  const current = preview.query === script;

  return (
    <>
      <PageHead title={pipeline?.name ?? "New pipeline"} crumb={pipeline ? { to: `/pipelines/${pipeline.id}`, label: "Pipeline" } : { to: "/pipelines", label: "Pipelines" }} note={<State checked={checked} empty={!script.trim()} />}>
        {pipeline && isDraft && (
          <Button kind="quiet" onClick={() => setScript(saved)}>Take back the changes</Button>
        )}
        {preview.running || preview.starting ? (
          <Button icon="stop" onClick={preview.stop}>Stop the preview</Button>
        ) : (
          mayEdit && <Button icon="play" disabled={!right} onClick={run}>Preview</Button>
        )}
        {mayEdit && (
          <Button kind="primary" disabled={!right || (pipeline !== null && !isDraft)} onClick={() => setAsking(true)}>
            {pipeline ? "Save" : "Create pipeline"}
          </Button>
        )}
      </PageHead>
      {!mayEdit && <Notice kind="info" title="Your token may look, and change nothing" hint="Checking a script and previewing its rows need the role editor." />}
      <div className="workbench">
        <div className="workbench-write">
          <Card className="editor-card">
            <SqlEditor label="SQL of the pipeline" value={script} onChange={setScript} onRun={run} errors={errors} warnings={warnings} catalogue={catalogue} at={at}
                       placeholder="SELECT … FROM a table of the catalogue, or CREATE TABLE … and INSERT INTO …" />
            {!script.trim() && (
              <div className="editor-start">
                <span className="muted">Begin with</span>
                <Button onClick={() => setScript(EXAMPLE)}>an example without a stream</Button>
                {tables.data?.filter((table) => table.table_type === "source").slice(0, 4).map((table) => (
                  <Button key={table.id} onClick={() => setScript(`SELECT *\nFROM ${quoteName(table.name)};\n`)}>{table.name}</Button>
                ))}
              </div>
            )}
          </Card>
          <Failure error={checked.error} />
          <Problems errors={errors} warnings={warnings} onShow={show} />
        </div>
        <Card title={
                <Segments label="Beside the editor" value={side} onChange={setSide} choices={[{ value: "plan", label: "Plan" }, { value: "columns", label: "Result" }, { value: "tables", label: "Tables" }]} />
              } className="workbench-side">
          {side === "plan" &&
            (checked.graph ? (
              <div className={errors.length > 0 || checked.checking ? "faded" : ""}>
                <PlanGraph graph={checked.graph} metrics={current ? preview.metrics : undefined} running={current && preview.running} />
              </div>
            ) : (
              <Empty icon="flow" title="The plan of the query">It is here as soon as the SQL is right: what is read, computed and written.</Empty>
            ))}
          {side === "columns" && <ResultColumns outputs={checked.validation?.outputs ?? []} />}
          {side === "tables" && <CataloguePane tables={tables.data} error={tables.error} onQuery={(name) => setScript(`${script.trimEnd()}${script.trim() ? "\n\n" : ""}SELECT *\nFROM ${quoteName(name)};\n`)} />}
        </Card>
      </div>
      <PreviewCard preview={preview} current={current} ready={right} onStart={run} mayEdit={mayEdit} />
      {asking && !pipeline && (
        <CreateDialog query={script} outputs={checked.validation?.outputs ?? []} onClose={() => setAsking(false)}
                      onMade={(made) => { preview.stop(); dropDraft(from ? `new ${from}` : "new"); navigate(`/pipelines/${made.id}`); }} />
      )}
      {asking && pipeline && (
        <SaveDialog pipeline={pipeline} query={script} onClose={() => setAsking(false)}
                    onSaved={(restarted) => { dropDraft(pipeline.id); refresh(); setAsking(false); if (restarted) navigate(`/pipelines/${pipeline.id}`); }} />
      )}
    </>
  );
}

const NONE: Problem[] = [];

function State({ checked, empty }: { checked: ReturnType<typeof useValidation>; empty: boolean }) {
  if (empty) return null;
  const wrong = checked.validation?.errors.length ?? 0;
  return (
    <span className="check-state" role="status">
      {checked.checking ? (
        <>
          <Spinner /> checking
        </>
      ) : wrong > 0 ? (
        <span className="bad-text">{plural(wrong, "problem")}</span>
      ) : checked.validation ? (
        <span className="ok-text">
          <Icon name="check" /> valid
        </span>
      ) : null}
    </span>
  );
}

function Problems({ errors, warnings, onShow }: { errors: Problem[]; warnings: Problem[]; onShow: (problem: Problem) => void }) {
  const all = [...errors.map((problem) => ({ problem, kind: "bad" })), ...warnings.map((problem) => ({ problem, kind: "warn" }))];
  if (all.length === 0) return null;
  return (
    <ul className="problems card" aria-label="Problems">
      {all.map(({ problem, kind }, i) => (
        <li key={i}>
          <button type="button" className={`problem ${kind}`} onClick={() => onShow(problem)}>
            <Icon name="warning" />
            <span>
              <span className="problem-message">{problem.message}</span>
              {problem.hint && <span className="problem-hint">{problem.hint}</span>}
            </span>
            {problem.line !== null && (
              <span className="problem-place number">
                {problem.line}:{problem.column}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
