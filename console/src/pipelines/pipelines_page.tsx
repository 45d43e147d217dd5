import { useEffect, useMemo, useRef, useState } from "react";

import { useMayEdit } from "../api/caller";
import { call } from "../api/client";
import { listAll } from "../api/lists";
import type { Metrics, Pipeline } from "../api/types";
import { useNow } from "../lib/clock";
import { ago, count, duration, moment, rate } from "../lib/format";
import { useLoad } from "../lib/load";
import { Link, useTitle } from "../lib/router";
import { Empty, Failure, LinkButton, Loading, PageHead, Scroll } from "../ui/basics";
import { Icon } from "../ui/icons";
import { Segments } from "../ui/segments";
import { Sparkline } from "../ui/sparkline";
import { isActive, StateBadge } from "../ui/state_badge";
import { groupOf, GROUPS, latest, type Group } from "./figures";

const LIST_MS = 3000;
const RATES_MS = 5000;

export default function PipelinesPage() {
  useTitle("Pipelines");
  const mayEdit = useMayEdit();
  const list = useLoad("pipelines", (signal) => listAll<Pipeline>("/pipelines", signal), LIST_MS);
  const [words, setWords] = useState("");
  const [group, setGroup] = useState<Group | "all">("all");

  const pipelines = useMemo(() => list.data?.filter((pipeline) => !pipeline.preview).sort((a, b) => a.name.localeCompare(b.name)), [list.data]);
  const counts = useMemo(() => {
    const found: Record<Group, number> = { running: 0, failed: 0, stopped: 0 };
    for (const pipeline of pipelines ?? []) found[groupOf(pipeline.state)]++;
    return found;
  }, [pipelines]);
  const shown = pipelines?.filter((pipeline) => (group === "all" || groupOf(pipeline.state) === group) && matches(pipeline, words));

  return (
    <>
      <PageHead title="Pipelines">{mayEdit && <LinkButton to="/pipelines/new" kind="primary" icon="plus">New pipeline</LinkButton>}</PageHead>
      <Failure error={list.error} />
      {!pipelines && !list.error && <Loading what="the pipelines" />}
      {pipelines && pipelines.length === 0 && (
        <div className="card">
          <Empty icon="flow" title="No pipelines yet"
                 action={
                   mayEdit && (
                     <>
                       <LinkButton to="/pipelines/new" kind="primary" icon="plus">Write the first one</LinkButton>
                       <LinkButton to="/tables/new" icon="database">Make a table</LinkButton>
                     </>
                   )
                 }>
            A pipeline is SQL that runs for as long as its streams go on. Write a query and see its rows before anything is made; the editor has an example that needs no stream.
          </Empty>
        </div>
      )}
      {pipelines && pipelines.length > 0 && shown && (
        <>
          <div className="row">
            <div className="search">
              <Icon name="search" />
              <input className="input" type="search" placeholder="Filter by name or SQL" aria-label="Filter by name or SQL" data-filter
                     value={words} onChange={(event) => setWords(event.target.value)} />
            </div>
            <Segments label="State" value={group} onChange={setGroup}
                      choices={[{ value: "all", label: "All", count: pipelines.length }, ...GROUPS.map(({ value, label }) => ({ value, label, count: counts[value] }))]} />
          </div>
          <div className="card">
            <Scroll label="Pipelines">
              <table className="table pipelines">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">State</th>
                    <th scope="col">Rows in</th>
                    <th scope="col" className="wide-only">Rows out</th>
                    <th scope="col" className="end wide-only">Lag</th>
                    <th scope="col" className="wide-only">Changed</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((pipeline) => (
                    <Row key={pipeline.id} pipeline={pipeline} />
                  ))}
                </tbody>
              </table>
            </Scroll>
            {shown.length === 0 && <p className="card-body muted">None of {count(pipelines.length)} pipelines is like this.</p>}
          </div>
        </>
      )}
    </>
  );
}

function matches(pipeline: Pipeline, words: string): boolean {
  const text = `${pipeline.name} ${pipeline.id} ${pipeline.query}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function Row({ pipeline }: { pipeline: Pipeline }) {
  const row = useRef<HTMLTableRowElement>(null);
  const seen = useSeen(row);
  const active = isActive(pipeline.state);
  const now = useNow(10_000);
  // Only of what is on the screen, and works.
  const metrics = useLoad<Metrics>(seen && active && pipeline.job_id ? pipeline.job_id : null, (signal) => call(`/jobs/${pipeline.job_id}/metrics`, { signal }), RATES_MS);
  const series = metrics.data?.series;
  const changed = pipeline.running_query !== null && active && pipeline.running_query !== pipeline.query;
  return (
    <tr ref={row}>
      <td className="name-cell">
        <Link to={`/pipelines/${pipeline.id}`}>{pipeline.name}</Link>
        {pipeline.state === "Failed" && pipeline.failure_message && <div className="sub bad-text clip">{pipeline.failure_message}</div>}
        {changed && <div className="sub">edited since it was started</div>}
      </td>
      <td>
        <StateBadge state={pipeline.state} />
      </td>
      <td>
        <Rate values={active ? series?.rows_in : undefined} what="Rows in a second" />
      </td>
      <td className="wide-only">
        <Rate values={active ? series?.rows_out : undefined} what="Rows out a second" />
      </td>
      <td className="end number wide-only">{active ? duration(latest(series?.lag_ms)) : "–"}</td>
      <td className="number muted wide-only" title={moment(pipeline.updated_at)}>
        {ago(pipeline.updated_at, now)}
      </td>
    </tr>
  );
}

function Rate({ values, what }: { values: (number | null)[] | undefined; what: string }) {
  const value = latest(values);
  if (value === null || !values) return <span className="muted">–</span>;
  return (
    <span className="rate">
      <span className="number rate-figure">{rate(value)}/s</span>
      <Sparkline values={values} label={`${what}, now ${rate(value)}`} />
    </span>
  );
}

function useSeen(element: { current: Element | null }): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver((entries) => setSeen(entries.some((entry) => entry.isIntersecting)), { rootMargin: "200px" });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return seen;
}
