// One pipeline: its head with what can be done to it, and a tab for each thing that there is to look at.
import { lazy, Suspense, useState, type ReactNode } from "react";

import { useMayEdit } from "../api/caller";
import { call } from "../api/client";
import type { Pipeline } from "../api/types";
import { useLoad } from "../lib/load";
import { Link, useTitle } from "../lib/router";
import type { PageProps } from "../shell";
import { Button, Empty, Failure, LinkButton, Loading, Notice, PageHead, Tabs, type Tab } from "../ui/basics";
import { isActive, StateBadge } from "../ui/state_badge";
import { CheckpointsTab } from "./checkpoints_tab";
import { ErrorsTab } from "./errors_tab";
import { LogsTab } from "./logs_tab";
import { OutputTab } from "./output_tab";
import { OverviewTab } from "./overview_tab";
import { RestartDialog } from "./restart_dialog";
import { RunsTab } from "./runs_tab";
import { SettingsTab } from "./settings_tab";
import { StopDialog } from "./stop_dialog";
import { useStart } from "./start";

const SqlTab = lazy(() => import("./sql_tab"));
const PIPELINE_MS = 2000;

export interface TabProps {
  pipeline: Pipeline;
  active: boolean; // it runs, or is about to
  refresh: () => void;
}

const TABS: { tab: string; label: string; show: (props: TabProps) => ReactNode }[] = [
  { tab: "overview", label: "Overview", show: (props) => <OverviewTab {...props} /> },
  { tab: "output", label: "Output", show: (props) => <OutputTab {...props} /> },
  { tab: "sql", label: "SQL", show: (props) => <SqlTab {...props} /> },
  { tab: "checkpoints", label: "Checkpoints", show: (props) => <CheckpointsTab {...props} /> },
  { tab: "errors", label: "Errors", show: (props) => <ErrorsTab {...props} /> },
  { tab: "logs", label: "Logs", show: (props) => <LogsTab {...props} /> },
  { tab: "runs", label: "Runs", show: (props) => <RunsTab {...props} /> },
  { tab: "settings", label: "Settings", show: (props) => <SettingsTab {...props} /> },
];

export default function PipelinePage({ parameters }: PageProps) {
  const id = parameters["id"] ?? "";
  const current = TABS.find((each) => each.tab === (parameters["tab"] ?? "overview"));
  const mayEdit = useMayEdit();
  const pipeline = useLoad(`pipeline ${id}`, (signal) => call<Pipeline>(`/pipelines/${encodeURIComponent(id)}`, { signal }), PIPELINE_MS);
  const [asking, setAsking] = useState<"stop" | "restart" | null>(null);
  const start = useStart(pipeline.data, pipeline.refresh);
  useTitle(current?.tab === "overview" ? undefined : current?.label, pipeline.data?.name ?? "Pipeline");

  if (pipeline.error?.status === 404 || !current) {
    return (
      <Empty page icon="flow" title={current ? "There is no such pipeline" : "There is no such page"} action={<LinkButton to="/pipelines">All pipelines</LinkButton>}>
        {current ? <>{id} has been deleted, or has never been.</> : <>Pipelines have no page of this name.</>}
      </Empty>
    );
  }
  const data = pipeline.data;
  if (!data) return pipeline.error ? <Failure error={pipeline.error} retry={pipeline.refresh} /> : <Loading what="the pipeline" />;

  const active = isActive(data.state);
  const edited = active && data.running_query !== null && data.running_query !== data.query;
  const base = `/pipelines/${id}`;
  const tabs: Tab[] = TABS.map(({ tab, label }) => ({ to: tab === "overview" ? base : `${base}/${tab}`, label }));
  const props: TabProps = { pipeline: data, active, refresh: pipeline.refresh };
  return (
    <>
      <PageHead title={data.name} crumb={{ to: "/pipelines", label: "Pipelines" }} badge={<StateBadge state={data.state} />}>
        {mayEdit && (
          <>
            {active ? (
              <>
                <Button icon="stop" onClick={() => setAsking("stop")} disabled={data.state === "Stopping"}>Stop</Button>
                <Button icon="restart" onClick={() => setAsking("restart")}>Restart</Button>
              </>
            ) : (
              <>
                <Button kind="primary" icon="play" busy={start.busy} onClick={start.run}>Start</Button>
                {data.job_id && <Button onClick={() => setAsking("restart")}>Start anew …</Button>}
              </>
            )}
            <LinkButton to={`${base}/edit`} icon="edit">Edit SQL</LinkButton>
          </>
        )}
      </PageHead>
      {pipeline.error && <Failure error={pipeline.error} />}
      <Failure error={start.error} />
      {data.state === "Stopping" && (
        <Notice kind="info" title="It is being stopped" hint={data.stop === "graceful" ? "It reads what is left, closes its windows and sends their rows." : "It takes a last checkpoint and sends what it holds."}>
          {mayEdit && <Button onClick={() => setAsking("stop")}>Stop in another way</Button>}
        </Notice>
      )}
      {data.state === "Failed" && (
        <Notice kind="bad" title={data.failure_message ?? "The pipeline has failed"}>
          <LinkButton to={`${base}/errors`}>Show the error</LinkButton>
        </Notice>
      )}
      {data.state === "Restarting" && <Notice kind="warn" title="It has failed and is being restarted" hint={data.failure_message ?? undefined} />}
      {edited && (
        <Notice kind="info" title="The SQL has been edited since the pipeline was started" hint="What runs is the version before.">
          <LinkButton to={`${base}/sql`}>Show the difference</LinkButton>
          {mayEdit && <Button icon="restart" onClick={() => setAsking("restart")}>Restart with it</Button>}
        </Notice>
      )}
      <Tabs tabs={tabs} current={current.tab === "overview" ? base : `${base}/${current.tab}`} label="Of this pipeline" />
      <Suspense fallback={<Loading what="the page" />}>{current.show(props)}</Suspense>
      {asking === "stop" && <StopDialog pipeline={data} onClose={() => setAsking(null)} onDone={pipeline.refresh} />}
      {asking === "restart" && <RestartDialog pipeline={data} active={active} onClose={() => setAsking(null)} onDone={pipeline.refresh} />}
    </>
  );
}

export const NeverStarted = ({ pipeline }: { pipeline: Pipeline }) => (
  <div className="card">
    <Empty icon="play" title="It has not been started yet">
      Start it, and this shows what it does. <Link to={`/pipelines/${pipeline.id}/edit`}>Its SQL</Link> can be changed and tried before.
    </Empty>
  </div>
);
