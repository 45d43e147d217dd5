// A CREATE TABLE that somebody pastes, as the body that POST /connection_tables takes; and the other way round.
import type { Config, Connector, Field, JsonSchema, NewTable, Profile, Table } from "../api/types";
import { createTables, type CreateTable } from "./create_table";

export interface FromDdl {
  table: NewTable | null;
  problems: string[]; // why there is none
  notes: string[]; // what is left out
}

export interface OptionPlace {
  path: string[]; // within config: ["type", "offset"]
  schema: JsonSchema;
  required: boolean;
}

// Every option of a connector, by its place in config.
export function optionsOf(schema: JsonSchema, path: string[] = []): OptionPlace[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    member.type === "object" && member.properties
      ? optionsOf(member, [...path, name])
      : [{ path: [...path, name], schema: member, required: schema.required?.includes(name) ?? false }],
  );
}

// "sink.records_per_batch" as ["sink", "recordsPerBatch"]: options of the format and of every table, which the connector does not list.
const inConfig = (name: string): string[] => name.split(".").map((part) => part.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()));
const inSql = (path: string[]): string => path.map((part) => part.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)).join(".");

export function setIn(config: Config, path: string[], value: string | number | boolean): void {
  let at = config;
  for (const part of path.slice(0, -1)) {
    const next = at[part];
    at = typeof next === "object" ? next : (at[part] = {});
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}

const INTERVAL = /^(.+?)\s*-\s*INTERVAL\s+(?:'([^']+)'\s*([A-Za-z]+)?|(\d+)\s+([A-Za-z]+)|\(([^)]+)\)\s*([A-Za-z]+))$/i;

export function tableOfDdl(text: string, connectors: Connector[]): FromDdl {
  const made = createTables(text);
  const [statement, ...others] = made;
  if (!statement) return { table: null, problems: ["There is no CREATE TABLE in it"], notes: [] };
  const notes = others.length > 0 ? [`Only the first of ${made.length} tables is taken: ${statement.name}`] : [];
  const problems: string[] = [];
  const options = new Map(statement.options.map((option) => [option.name.toLowerCase(), option.value]));
  const take = (name: string): string | undefined => {
    const value = options.get(name);
    options.delete(name);
    return value;
  };
  const connectorName = take("connector");
  const connector = connectors.find((each) => each.id === connectorName);
  if (!connectorName) problems.push("WITH has no connector: connector = 'kinesis'");
  else if (!connector) problems.push(`There is no connector ${connectorName}: there are ${connectors.map((each) => each.id).join(", ")}`);
  const use = take("type");
  if (use !== undefined && use !== "source" && use !== "sink") problems.push(`type is source or sink, not ${use}`);
  for (const column of statement.columns)
    if (column.more) problems.push(`The column ${column.name} is computed (${column.more}): a table of the catalogue has columns of its records alone. Write the CREATE TABLE into the pipeline's script`);
  if (problems.length > 0 || !connector) return { table: null, problems, notes };

  const table: NewTable = { name: statement.name, connector: connector.id, config: {} };
  if (use === "source" || use === "sink") table.table_type = use;
  const format = take("format");
  if (format) table.format = format;
  const eventTime = statement.watermark?.column ?? take("event_time_field");
  if (eventTime) table.event_time_field = eventTime;
  const delay = delayOf(statement) ?? take("watermark_delay");
  if (delay) table.watermark_delay = delay;
  if (statement.watermark?.expression && !delay) return { table: null, problems: [`WATERMARK FOR ${statement.watermark.column} AS ${statement.watermark.expression} is no column less an INTERVAL: write the CREATE TABLE into the pipeline's script`], notes };
  const places = optionsOf(connector.config_schema);
  for (const [name, value] of options) {
    const known = places.find((place) => place.schema["x-sql"]?.toLowerCase() === name || place.path.join(".").toLowerCase() === name);
    setIn(table.config, known?.path ?? inConfig(name), typed(value, known?.schema));
  }
  if (statement.columns.length === 0)
    notes.push("It names no columns: a table of the catalogue then has one, value JSON, also where a script's own sink would take those of the query. Add the columns to have others");
  else
    table.schema = { fields: statement.columns.map(({ name, type, notNull }) => ({ name, data_type: type, nullable: !notNull })) };
  return { table, problems, notes };
}

function delayOf(statement: CreateTable): string | undefined {
  const found = INTERVAL.exec(statement.watermark?.expression ?? "");
  if (!found || found[1]?.replaceAll('"', "") !== statement.watermark?.column) return undefined;
  return [found[2] ?? found[4] ?? found[6], found[3] ?? found[5] ?? found[7]].filter(Boolean).join(" ").toLowerCase();
}

// A number where the schema has one, so that the server keeps it as one.
export function typed(value: string, schema: JsonSchema | undefined): string | number | boolean {
  if (schema?.type === "integer" || schema?.type === "number") return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  if (schema?.type === "boolean") return value === "true" ? true : value === "false" ? false : value;
  return value;
}

export const quoteName = (name: string): string => (/^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

interface Option {
  path: string[];
  value: string;
  secret: boolean; // it is kept, as {"set": true}, and never shown
}
function flat(config: Config, path: string[] = []): Option[] {
  return Object.entries(config).flatMap(([name, value]) => {
    const at = [...path, name];
    if (typeof value !== "object") return [{ path: at, value: String(value), secret: false }];
    return value["set"] === true ? [{ path: at, value: "", secret: true }] : flat(value, at);
  });
}

// Of the profile's settings those that the table does not have itself. id: where the profile is not known.
function profileRemark(id: string, profile: Profile | undefined, own: Set<string>, nameOf: (path: string[]) => string): string {
  const settings = flat(profile?.config ?? {})
    .map((option) => ({ ...option, name: nameOf(option.path) }))
    .filter(({ name }) => !own.has(name))
    .map(({ name, value, secret }) => (secret ? `${name} (a secret)` : `${name} = ${quoteText(value)}`));
  return `-- with the settings of the profile ${profile?.name ?? id}${settings.length > 0 ? `: ${settings.join(", ")}` : ""}`.replaceAll(/\s+/g, " ");
}

// The CREATE TABLE that a table of the catalogue stands for. profiles: where the table's may be among.
export function ddlOfTable(table: NewTable | Table, connectors: Connector[], profiles: Profile[] = []): string {
  const connector = connectors.find((each) => each.id === table.connector);
  const places = connector ? optionsOf(connector.config_schema) : [];
  const nameOf = (path: string[]): string => places.find((place) => place.path.join(".") === path.join("."))?.schema["x-sql"] ?? inSql(path);
  const described = (table.schema?.fields ?? []).length > 0;
  const fields = described ? (table.schema?.fields ?? []) : [{ name: "value", data_type: "JSON" } as Field];
  const columns = fields.map((field) => `    ${quoteName(field.name)} ${field.data_type}${field.nullable === false ? " NOT NULL" : ""}`);
  if (table.event_time_field)
    columns.push(`    WATERMARK FOR ${quoteName(table.event_time_field)}${table.watermark_delay ? ` AS ${quoteName(table.event_time_field)} - INTERVAL ${quoteText(table.watermark_delay)}` : ""}`);
  const options = [["connector", table.connector]];
  if (table.table_type) options.push(["type", table.table_type]);
  if (table.format) options.push(["format", table.format]);
  if (!described && (table.format ?? connector?.formats[0]) === "json") options.push(["json.unstructured", "true"]);
  const configured = flat(table.config);
  for (const { path, value, secret } of configured) if (!secret) options.push([nameOf(path), value]);
  const id = table.connection_profile_id;
  const remarks = id ? [profileRemark(id, profiles.find((each) => each.id === id), new Set(configured.map(({ path }) => nameOf(path))), nameOf)] : [];
  for (const { path, secret } of configured) if (secret) remarks.push(`-- with the secret ${nameOf(path)}, which is not shown`);
  const lines = options.map(([name, value]) => `    ${/^[a-z_]+$/.test(name ?? "") ? name : quoteText(name ?? "")} = ${quoteText(value ?? "")}`);
  return `${remarks.map((remark) => `${remark}\n`).join("")}CREATE TABLE ${quoteName(table.name)} (\n${columns.join(",\n")}\n) WITH (\n${lines.join(",\n")}\n);\n`;
}
