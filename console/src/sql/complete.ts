// What may stand at a place of a script: names of tables, columns, functions, and within WITH (...) the connector's options.
import type { Connector, Field, Table } from "../api/types";
import { createTables } from "./create_table";
import { FUNCTIONS, KEYWORDS, TYPES } from "./functions";
import { optionsOf, quoteName } from "./table_of_ddl";
import { isName, isSign, isWord, tokens, type Token } from "./tokens";

export interface Catalogue {
  tables: Pick<Table, "name" | "connector" | "table_type" | "schema">[];
  connectors: Connector[];
}
export interface Offer {
  label: string;
  kind: "table" | "column" | "function" | "keyword" | "type" | "option" | "value";
  detail?: string; // beside it
  info?: string; // a sentence
  insert?: string; // instead of the label
  boost: number;
}
export interface Offers {
  from: number; // what is replaced: from here to the place
  offers: Offer[];
}

// Options that every table has, beside those of its connector.
const EVERYWHERE: [name: string, values: string[], info: string][] = [
  ["connector", [], "Where the table's rows come from or go to"],
  ["type", ["source", "sink"], "Whether the table is read or written"],
  ["format", [], "How a row is written as bytes"],
  ["bad_data", ["fail", "drop", "dead_letter"], "What to do with a record that cannot be decoded"],
  ["event_time_field", [], "The TIMESTAMP column that says when a row happened"],
  ["event_time.max_delay", [], "How much later than rows of a higher event time a row may come"],
];

interface KnownTable {
  name: string;
  columns: Field[];
  detail: string;
}

// at: an offset. null: nothing can be offered, within a comment or an ordinary text.
export function offersAt(script: string, at: number, catalogue: Catalogue): Offers | null {
  const all = tokens(script);
  const before = all.filter((token) => token.from < at);
  const current = before.at(-1);
  const within = current && current.to >= at && current.kind !== "sign" ? current : undefined; // what is being typed
  // Behind a blank there is none; then the place is in a comment, or free.
  if (!within && isComment(script, at)) return null;
  const done = within ? before.slice(0, -1) : before;
  if (within?.kind === "number") return null;
  const from = within?.from ?? at;

  const options = withOptions(done);
  if (options) return optionOffers(from, within, options, catalogue);
  if (within?.kind === "text" && (within.to > at || !within.closed)) return null;

  const known = knownTables(script, catalogue);
  const statement = statementAround(all, at);
  if (isSign(done.at(-1), ".") && isName(done.at(-2))) {
    const table = aliased(statement, known).get(done.at(-2)!.value.toLowerCase());
    return table ? { from, offers: columnOffers([table], 3) } : null;
  }
  const tables = known.map((table): Offer => ({ label: table.name, insert: quoteName(table.name), kind: "table", detail: table.detail, boost: 2 }));
  if (isWord(done.at(-1), "FROM", "JOIN", "INTO", "TABLE") || (isSign(done.at(-1), ",") && inFrom(done))) return { from, offers: tables };
  const here = [...new Set(aliased(statement, known).values())];
  return {
    from,
    offers: [
      ...columnOffers(here, 3),
      ...tables.map((offer) => ({ ...offer, boost: 0 })),
      ...FUNCTIONS.map((f): Offer => ({ label: f.name, kind: "function", detail: f.call.slice(f.name.length), info: f.gives, insert: f.call.endsWith("()") ? f.call : `${f.name}(`, boost: 1 })),
      ...KEYWORDS.map((word): Offer => ({ label: word, kind: "keyword", boost: 0 })),
      ...TYPES.map((word): Offer => ({ label: word, kind: "type", boost: -1 })),
    ],
  };
}

function columnOffers(tables: KnownTable[], boost: number): Offer[] {
  const seen = new Set<string>();
  return tables.flatMap((table) =>
    table.columns
      .filter((column) => !seen.has(column.name) && seen.add(column.name))
      .map((column): Offer => ({ label: column.name, insert: quoteName(column.name), kind: "column", detail: column.data_type, info: `of ${table.name}`, boost })),
  );
}

// Those of the script hide those of the catalogue.
function knownTables(script: string, catalogue: Catalogue): KnownTable[] {
  const own = createTables(script).map((table): KnownTable => ({ name: table.name, detail: "of this script", columns: table.columns.map(({ name, type }) => ({ name, data_type: type })) }));
  const names = new Set(own.map((table) => table.name.toLowerCase()));
  const others = catalogue.tables
    .filter((table) => !names.has(table.name.toLowerCase()))
    .map((table): KnownTable => ({ name: table.name, detail: `${table.connector} ${table.table_type}`, columns: table.schema?.fields ?? [{ name: "value", data_type: "JSON" }] }));
  return [...own, ...others];
}

function isComment(script: string, at: number): boolean {
  const line = script.slice(script.lastIndexOf("\n", at - 1) + 1, at);
  // Two dashes that are not within a text of this line.
  if (tokens(`${line}\u0001`).every((token) => token.value !== "\u0001")) return true;
  const opened = script.lastIndexOf("/*", at - 1);
  return opened >= 0 && script.indexOf("*/", opened) + 2 > at && !tokens(script).some((token) => token.from < opened && token.to > opened);
}

function statementAround(all: Token[], at: number): Token[] {
  let statement: Token[] = [];
  for (const token of all) {
    if (!isSign(token, ";")) {
      statement.push(token);
    } else if (token.from >= at) {
      return statement;
    } else {
      statement = [];
    }
  }
  return statement;
}

// The tables that a statement names, by what they are called in it.
function aliased(statement: Token[], known: KnownTable[]): Map<string, KnownTable> {
  const found = new Map<string, KnownTable>();
  statement.forEach((token, i) => {
    if (!isName(token) || isSign(statement[i - 1], ".")) return;
    const table = known.find((each) => each.name.toLowerCase() === token.value.toLowerCase());
    if (!table) return;
    found.set(token.value.toLowerCase(), table);
    const next = isWord(statement[i + 1], "AS") ? statement[i + 2] : statement[i + 1];
    if (isName(next) && !(next.kind === "word" && KEYWORDS.includes(next.value.toUpperCase()))) found.set(next.value.toLowerCase(), table);
  });
  return found;
}

function inFrom(done: Token[]): boolean {
  let depth = 0;
  for (let i = done.length - 1; i >= 0; i--) {
    const token = done[i];
    if (isSign(token, ")")) depth++;
    if (isSign(token, "(") && --depth < 0) return false;
    if (depth === 0 && isWord(token, "FROM")) return true;
    if (depth === 0 && isWord(token, "SELECT", "WHERE", "BY", "ON", "SET", "VALUES", "WITH")) return false;
  }
  return false;
}

interface InWith {
  given: Map<string, string>;
  current: Token[]; // of the option that is being typed, up to the place
}

// Whether the place is within the WITH (...) of a CREATE TABLE, and what stands there before it.
function withOptions(done: Token[]): InWith | null {
  let depth = 0;
  for (let i = done.length - 1; i > 0; i--) {
    const token = done[i];
    if (isSign(token, ";")) return null;
    if (isSign(token, ")")) depth++;
    if (isSign(token, "(")) {
      depth--;
      if (depth >= 0) continue;
      const statement = done.slice(0, i).findLastIndex((each) => isSign(each, ";")) + 1;
      if (!isWord(done[i - 1], "WITH") || !isWord(done[statement], "CREATE")) return null;
      const given = new Map<string, string>();
      let current: Token[] = [];
      for (const each of done.slice(i + 1)) {
        if (!isSign(each, ",")) {
          current.push(each);
          continue;
        }
        remember(current, given);
        current = [];
      }
      return { given, current };
    }
  }
  return null;
}

function remember(option: Token[], given: Map<string, string>): void {
  const equals = option.findIndex((token) => isSign(token, "="));
  if (equals > 0) given.set(option.slice(0, equals).map((token) => token.value).join(""), option.slice(equals + 1).map((token) => token.value).join(""));
}

function optionOffers(from: number, within: Token | undefined, { given, current }: InWith, catalogue: Catalogue): Offers | null {
  const connector = catalogue.connectors.find((each) => each.id === given.get("connector"));
  const places = connector ? optionsOf(connector.config_schema) : [];
  const equals = current.findIndex((token) => isSign(token, "="));
  const open = within?.kind === "text";
  if (equals < 0) {
    if (current.length > 0) return null;
    const use = given.get("type");
    const offers = EVERYWHERE.map(([name, , info]): Offer => ({ label: name, kind: "option", info, boost: name === "connector" ? 3 : 1 }));
    for (const [i, { schema }] of places.entries()) {
      const name = schema["x-sql"];
      const other = use && schema["x-use"] !== "both" && schema["x-use"] !== use;
      if (!name || other) continue;
      const offer: Offer = { label: name, kind: "option", boost: 3 - i / places.length }; // in the connector's own order
      if (schema.default !== undefined) offer.detail = `default ${String(schema.default)}`;
      if (schema.description) offer.info = schema.description;
      offers.push(offer);
    }
    return {
      from,
      offers: offers
        .filter((offer) => !given.has(offer.label))
        .map((offer) => ({ ...offer, insert: open || /[^a-z_]/.test(offer.label) ? `'${offer.label}'` : offer.label })),
    };
  }
  const name = current.slice(0, equals).map((token) => token.value).join("");
  if (current.length > equals + 1) return null;
  const schema = places.find((place) => place.schema["x-sql"] === name)?.schema;
  const values =
    name === "connector"
      ? catalogue.connectors.map((each) => [each.id, each.description] as const)
      : name === "format"
        ? (connector?.formats ?? []).map((format) => [format, ""] as const)
        : (schema?.enum ?? (schema?.type === "boolean" ? ["true", "false"] : undefined) ?? EVERYWHERE.find(([each]) => each === name)?.[1] ?? []).map((value) => [value, ""] as const);
  if (values.length === 0) return null;
  return { from, offers: values.map(([value, info]) => ({ label: `'${value}'`, kind: "value", insert: `'${value}'`, boost: 1, ...(info && { info }) })) };
}
