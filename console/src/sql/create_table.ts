// CREATE TABLE as its parts, without judging them.
import { closing, divided, isName, isSign, isWord, statements, tokens, type Token } from "./tokens";

export interface ColumnText {
  name: string;
  type: string;
  notNull: boolean;
  // What a table of the catalogue cannot have: "AS (i % 5)", "METADATA FROM 'shard_id'"
  more: string;
}
export interface CreateTable {
  name: string;
  columns: ColumnText[];
  watermark: { column: string; expression: string } | null; // expression "": none
  options: { name: string; value: string }[];
  from: number;
  to: number;
}

// Every CREATE TABLE of a script.
export function createTables(script: string): CreateTable[] {
  return statements(tokens(script))
    .map((statement) => createTable(script, statement))
    .filter((each) => each !== null);
}

function createTable(script: string, statement: Token[]): CreateTable | null {
  let at = 0;
  if (!isWord(statement[at++], "CREATE")) return null;
  if (isWord(statement[at], "OR")) at += 2;
  while (isWord(statement[at], "TEMP", "TEMPORARY")) at++;
  if (!isWord(statement[at++], "TABLE")) return null;
  if (isWord(statement[at], "IF")) at += 3;
  const name = statement[at++];
  if (!isName(name)) return null;
  const made: CreateTable = { name: name.value, columns: [], watermark: null, options: [], from: statement[0]?.from ?? 0, to: statement.at(-1)?.to ?? 0 };
  if (isSign(statement[at], "(")) {
    const end = closing(statement, at);
    for (const part of divided(statement.slice(at + 1, end))) column(script, part, made);
    at = end + 1;
  }
  if (isWord(statement[at], "WITH") && isSign(statement[at + 1], "(")) {
    for (const part of divided(statement.slice(at + 2, closing(statement, at + 1)))) {
      const equals = part.findIndex((token) => isSign(token, "="));
      if (equals < 1) continue;
      const value = part.slice(equals + 1);
      const option = part.slice(0, equals).map((token) => token.value).join("");
      made.options.push({ name: option, value: value.length === 1 && value[0] ? value[0].value : textOf(script, value) });
    }
  }
  return made;
}

const TYPE_ENDS = ["NOT", "NULL", "AS", "GENERATED", "METADATA", "DEFAULT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES"];

function column(script: string, part: Token[], made: CreateTable): void {
  const [name, ...rest] = part;
  if (!isName(name)) return;
  if (isWord(name, "WATERMARK") && isWord(rest[0], "FOR") && isName(rest[1])) {
    made.watermark = { column: rest[1].value, expression: isWord(rest[2], "AS") ? textOf(script, rest.slice(3)) : "" };
    return;
  }
  if (isWord(name, "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT") && name.kind === "word" && (isSign(rest[0], "(") || isWord(rest[0], "KEY"))) return;
  let end = 0;
  for (let depth = 0; end < rest.length; end++) {
    const token = rest[end];
    if (depth === 0 && isWord(token, ...TYPE_ENDS)) break;
    if (isSign(token, "(")) depth++;
    if (isSign(token, ")")) depth--;
  }
  let tail = rest.slice(end);
  let notNull = false;
  if (isWord(tail[0], "NOT") && isWord(tail[1], "NULL")) {
    notNull = true;
    tail = tail.slice(2);
  } else if (isWord(tail[0], "NULL")) {
    tail = tail.slice(1);
  }
  made.columns.push({ name: name.value, type: textOf(script, rest.slice(0, end)), notNull, more: textOf(script, tail) });
}

// As it stands in the script, white space of any kind as one blank.
function textOf(script: string, list: Token[]): string {
  const first = list[0];
  const last = list.at(-1);
  return first && last ? script.slice(first.from, last.to).replace(/\s+/g, " ") : "";
}
