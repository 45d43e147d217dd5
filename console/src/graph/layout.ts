// Where the boxes and lines of a plan stand.
import dagre from "@dagrejs/dagre";

import type { Graph } from "../api/types";

export interface Point {
  x: number;
  y: number;
}
export interface Placed {
  width: number;
  height: number;
  nodes: { id: string; x: number; y: number }[]; // the upper left corner
  edges: { key: string; from: string; to: string; path: string; middle: Point }[];
}
export type Direction = "right" | "down";

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 66;
const MARGIN = 14;

export function place(graph: Graph, direction: Direction): Placed {
  const laid = new dagre.graphlib.Graph();
  laid.setGraph({ rankdir: direction === "right" ? "LR" : "TB", nodesep: 26, ranksep: direction === "right" ? 84 : 58, marginx: MARGIN, marginy: MARGIN });
  laid.setDefaultEdgeLabel(() => ({}));
  const known = new Set(graph.nodes.map((node) => node.id));
  for (const node of graph.nodes) laid.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  const edges = graph.edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
  for (const edge of edges) laid.setEdge(edge.from, edge.to);
  dagre.layout(laid);
  const size = laid.graph();
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    nodes: graph.nodes.map(({ id }) => {
      const at = laid.node(id);
      return { id, x: Math.round(at.x - NODE_WIDTH / 2), y: Math.round(at.y - NODE_HEIGHT / 2) };
    }),
    edges: edges.map(({ from, to }) => {
      const points = laid.edge(from, to).points as Point[];
      return { key: `${from}-${to}`, from, to, path: smooth(points, direction), middle: points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 } };
    }),
  };
}

// A line that leaves and arrives straight on, and bends softly in between.
export function smooth(points: Point[], direction: Direction): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${f(first.x)},${f(first.y)}`;
  let from = first;
  for (const to of rest) {
    const half = direction === "right" ? (to.x - from.x) / 2 : (to.y - from.y) / 2;
    path +=
      direction === "right"
        ? `C${f(from.x + half)},${f(from.y)} ${f(to.x - half)},${f(to.y)} ${f(to.x)},${f(to.y)}`
        : `C${f(from.x)},${f(from.y + half)} ${f(to.x)},${f(to.y - half)} ${f(to.x)},${f(to.y)}`;
    from = to;
  }
  return path;
}

const f = (value: number): string => String(Math.round(value * 10) / 10);
