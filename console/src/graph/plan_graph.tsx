// The plan as boxes and lines; of a job that runs, what flows along them and where it is held up.
import { useEffect, useId, useMemo, useRef, useState } from "react";

import type { Graph, Metrics } from "../api/types";
import { bytes, count, rate } from "../lib/format";
import { flowOf, type EdgeFlow } from "../pipelines/figures";
import { Scroll } from "../ui/basics";
import { NODE_HEIGHT, NODE_WIDTH, place } from "./layout";
import { nodeText, splitDetail } from "./node_text";

const NARROW = 700; // boxes one below the other
const SMALLEST = 0.7; // what is still readable; a larger plan scrolls
const HELD_UP = 0.1; // share of the time that is worth telling

interface PlanGraphProps {
  graph: Graph;
  metrics?: Metrics | undefined; // of a job of this plan
  running?: boolean;
}

export default function PlanGraph({ graph, metrics, running = false }: PlanGraphProps) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [selected, setSelected] = useState<string | null>(null);
  const direction = width > 0 && width < NARROW ? "down" : "right";
  // The same plan comes with every answer, as another object.
  const shape = JSON.stringify([graph.nodes.map((node) => node.id), graph.edges]);
  const placed = useMemo(() => place(graph, direction), [shape, direction]);
  const flows = flowOf(graph, metrics);
  const scale = width > 0 ? Math.max(SMALLEST, Math.min(1, width / placed.width)) : 1;
  const chosen = graph.nodes.find((node) => node.id === selected);
  const arrow = useId();

  return (
    <div className="plan" ref={box}>
      <Scroll label="Plan" className="plan-scroll">
        <div className="plan-size" style={{ width: placed.width * scale, height: placed.height * scale }}>
          <div className="plan-inside" style={{ width: placed.width, height: placed.height, transform: `scale(${scale})` }}>
            <svg className="plan-lines" width={placed.width} height={placed.height} aria-hidden="true">
              <defs>
                <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">
                  <path d="M0,0.500L8,4L0,7.500z" className="plan-arrow" />
                </marker>
              </defs>
              {placed.edges.map((edge) => {
                const flow = flows.get(edge.key);
                const speed = running ? speedOf(flow) : 0;
                return (
                  <g key={edge.key} className={`plan-edge ${pressureOf(flow)}`} data-moving={speed > 0 || undefined}>
                    <path d={edge.path} className="plan-line" markerEnd={`url(#${arrow})`} style={{ strokeWidth: 1.5 + speed * 0.35 }} />
                    {speed > 0 && <path d={edge.path} className={`plan-flow speed-${speed}`} />}
                  </g>
                );
              })}
            </svg>
            {placed.edges.map((edge) => {
              const flow = running ? flows.get(edge.key) : undefined;
              if (!flow || flow.rate === null) return null;
              return (
                <div key={edge.key} className={`plan-rate ${direction} ${pressureOf(flow)}`} style={{ left: edge.middle.x, top: edge.middle.y }}>
                  {rate(flow.rate)}/s
                  {(flow.backpressure ?? 0) >= HELD_UP && <span className="plan-held">held up {Math.round((flow.backpressure ?? 0) * 100)} %</span>}
                </div>
              );
            })}
            <ul aria-label="Operators">
              {placed.nodes.map(({ id, x, y }) => {
                const node = graph.nodes.find((each) => each.id === id);
                if (!node) return null;
                const text = nodeText(node);
                const operator = metrics?.operators.find((each) => each.node_id === id);
                const state = operator && operator.state_bytes > 0 ? `${bytes(operator.state_bytes)} · ${count(operator.state_rows)} rows kept` : "";
                return (
                  <li key={id}>
                    <button type="button" className={`plan-node ${text.role}`} style={{ left: x, top: y, width: NODE_WIDTH, height: NODE_HEIGHT }} aria-pressed={selected === id}
                            onClick={() => setSelected(selected === id ? null : id)}>
                      <span className="plan-kind">{text.kind}</span>
                      <span className="plan-name">{text.name || text.detail || " "}</span>
                      <span className="plan-detail">{state || (text.name ? text.detail : "")}</span>
                    </button>
                  </li>
                );
              })}
            </ul>
          </div>
        </div>
      </Scroll>
      {chosen && <Details node={chosen} metrics={metrics} />}
    </div>
  );
}

function Details({ node, metrics }: { node: Graph["nodes"][number]; metrics: Metrics | undefined }) {
  const operator = metrics?.operators.find((each) => each.node_id === node.id);
  return (
    <div className="plan-details">
      <h3>{node.operator}</h3>
      <dl className="facts">
        {node.details.map((line, i) => {
          const { name, text } = splitDetail(line);
          return (
            <div key={i} className="fact">
              <dt>{name || " "}</dt>
              <dd className="mono">{text}</dd>
            </div>
          );
        })}
        {operator && (
          <>
            <div className="fact">
              <dt>rows in, out</dt>
              <dd className="number">
                {count(operator.rows_in)} · {count(operator.rows_out)}
              </dd>
            </div>
            <div className="fact">
              <dt>held up</dt>
              <dd>{Math.round(operator.backpressure * 100)} % of the last seconds, by what is behind it</dd>
            </div>
            {operator.state_bytes > 0 && (
              <div className="fact">
                <dt>state</dt>
                <dd>
                  {bytes(operator.state_bytes)}, {count(operator.state_rows)} rows and groups
                </dd>
              </div>
            )}
          </>
        )}
      </dl>
    </div>
  );
}

function pressureOf(flow: EdgeFlow | undefined): "" | "some" | "much" {
  const held = flow?.backpressure ?? 0;
  return held >= 0.5 ? "much" : held >= HELD_UP ? "some" : "";
}

// 0: nothing moves; 1 to 5: by powers of ten.
function speedOf(flow: EdgeFlow | undefined): number {
  const rows = flow?.rate ?? 0;
  return rows <= 0 ? 0 : Math.max(1, Math.min(5, Math.ceil(Math.log10(rows + 1))));
}

function useWidth(element: { current: Element | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver((entries) => setWidth(Math.floor(entries[0]?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
