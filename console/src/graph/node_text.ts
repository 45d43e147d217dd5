// An operator of the plan as a box shows it.
import type { GraphNode } from "../api/types";

export interface NodeText {
  kind: string; // "Source", "Window aggregate"
  name: string; // "clickstream"; "" = it has none
  detail: string; // the line that says most
  role: "source" | "sink" | "state" | "move" | "compute";
}

const WORDS: Record<string, string> = {
  FilterProject: "Filter",
  WindowAggregate: "Window aggregate",
  WindowedOver: "Over, in windows",
  LookupJoin: "Join with a table",
  UnionAll: "Union",
};
const STATEFUL = /^(WindowAggregate|Over|WindowedOver|LookupJoin)/;
// Which detail says most about the operator, the first of these that is there.
const FIRST = ["window", "where", "on", "partition by", "lists", "group by", "select", "columns"];

export function nodeText(node: GraphNode): NodeText {
  const space = node.operator.indexOf(" ");
  const word = space < 0 ? node.operator : node.operator.slice(0, space);
  const rest = space < 0 ? "" : node.operator.slice(space + 1);
  const role =
    word === "Source" || word === "Values" ? "source" : word === "Sink" ? "sink" : STATEFUL.test(word) ? "state" : word === "Exchange" ? "move" : "compute";
  const details = node.details.map((line) => splitDetail(line));
  const most = FIRST.map((name) => details.find((detail) => detail.name === name)).find((detail) => detail !== undefined) ?? details[0];
  return { kind: WORDS[word] ?? word, name: rest, detail: bare(most?.text ?? ""), role };
}

// "(a > 1)" without the parentheses around all of it.
function bare(text: string): string {
  if (!text.startsWith("(") || !text.endsWith(")")) return text;
  let depth = 0;
  for (let i = 0; i < text.length - 1; i++) {
    depth += text[i] === "(" ? 1 : text[i] === ")" ? -1 : 0;
    if (depth === 0) return text;
  }
  return text.slice(1, -1);
}

// "where: a > 1" as its two parts; a line without a name has all of it as text.
export function splitDetail(line: string): { name: string; text: string } {
  const found = /^([a-z][a-z ]{0,40}): (.*)$/s.exec(line);
  return found ? { name: found[1] ?? "", text: found[2] ?? "" } : { name: "", text: line };
}
