import assert from "node:assert/strict";
import { test } from "node:test";

import { NODE_HEIGHT, NODE_WIDTH, place, smooth } from "./layout";

const graph = {
  nodes: ["0", "1", "2", "3"].map((id) => ({ id, operator: `Node ${id}`, details: [] })),
  edges: [
    { from: "0", to: "1" },
    { from: "0", to: "2" },
    { from: "1", to: "3" },
    { from: "2", to: "3" },
  ],
};

test("boxes stand within the plan, apart from each other, and in the direction of the rows", () => {
  for (const direction of ["right", "down"] as const) {
    const placed = place(graph, direction);
    const at = new Map(placed.nodes.map((node) => [node.id, node]));
    for (const a of placed.nodes) {
      assert.ok(a.x >= 0 && a.y >= 0 && a.x + NODE_WIDTH <= placed.width && a.y + NODE_HEIGHT <= placed.height);
      for (const b of placed.nodes) {
        if (a === b) continue;
        assert.ok(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT, `${a.id} and ${b.id} overlap`);
      }
    }
    for (const edge of graph.edges) {
      const from = at.get(edge.from)!;
      const to = at.get(edge.to)!;
      assert.ok(direction === "right" ? from.x + NODE_WIDTH < to.x : from.y + NODE_HEIGHT < to.y);
    }
    assert.equal(placed.edges.length, 4);
    assert.ok(placed.edges.every((edge) => edge.path.startsWith("M")));
  }
});

test("an edge to nowhere and a plan without operators are no failure", () => {
  assert.equal(place({ nodes: graph.nodes, edges: [{ from: "0", to: "9" }] }, "right").edges.length, 0);
  assert.deepEqual(place({ nodes: [], edges: [] }, "down").nodes, []);
});

test("a line leaves and arrives in the direction of the rows", () => {
  assert.equal(smooth([{ x: 0, y: 0 }, { x: 10, y: 20 }], "right"), "M0,0C5,0 5,20 10,20");
  assert.equal(smooth([{ x: 0, y: 0 }, { x: 10, y: 20 }], "down"), "M0,0C0,10 10,10 10,20");
  assert.equal(smooth([], "down"), "");
});
