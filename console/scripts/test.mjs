// The unit tests: every *_test.ts under src/, bundled for Node and run by its own test runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const tests = readdirSync("src", { recursive: true }).filter((name) => name.endsWith("_test.ts"));
const out = mkdtempSync(join(tmpdir(), "laminar-console-test-"));
try {
  await build({
    entryPoints: tests.map((name) => join("src", name)),
    bundle: true,
    platform: "node",
    format: "esm",
    outdir: out,
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
  });
  const built = readdirSync(out, { recursive: true }).filter((name) => name.endsWith(".mjs"));
  const run = spawnSync(process.execPath, ["--test", ...process.argv.slice(2), ...built.map((name) => join(out, name))], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
