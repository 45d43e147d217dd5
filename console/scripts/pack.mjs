// pack.mjs DIST OUT: the built files as one, in the format of src/server/console/console.cc.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

const [dist, out] = process.argv.slice(2);
const lines = [];
const parts = [];
for (const path of [...walk(dist)].sort()) {
  const name = "/" + relative(dist, path).split("\\").join("/");
  const type = TYPES[extname(name)];
  if (!type) throw new Error(`${name}: of which type is it? Add its extension to pack.mjs`);
  const plain = readFileSync(path);
  const zipped = gzipSync(plain, { level: 9 });
  const gzip = zipped.length < plain.length * 0.9 ? zipped : Buffer.alloc(0);
  const etag = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  // Vite puts a hash of the contents into these names.
  const lasting = name.startsWith("/assets/") ? "immutable" : "checked";
  lines.push([name, type, etag, lasting, plain.length, gzip.length].join("\t"));
  parts.push(plain, gzip);
}
writeFileSync(out, Buffer.concat([Buffer.from(`LAMINAR-CONSOLE 1\n${lines.join("\n")}\n\n`), ...parts]));
