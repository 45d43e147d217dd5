// A table or a profile that is being filled in: every option as text, by its place in config ("type.offset").
import type { Config, Connector, Field, JsonSchema, NewTable, Table } from "../api/types";
import { optionsOf, setIn, typed, type OptionPlace } from "../sql/table_of_ddl";

export type Use = "source" | "sink";
export interface TableDraft {
  name: string;
  connector: string;
  use: Use;
  profile: string; // "" = none
  options: Record<string, string>; // "" = not given
  format: string; // "" = the connector's first
  described: boolean; // whether fields say what is in a record
  fields: Field[];
  eventTime: string;
  delay: string;
}

export const emptyDraft = (): TableDraft => ({ name: "", connector: "", use: "source", profile: "", options: {}, format: "", described: false, fields: [], eventTime: "", delay: "" });

// A secret that is kept comes as {"set": true}: it is no value to be shown.
export const isKeptSecret = (value: unknown): boolean => typeof value === "object" && value !== null && "set" in value;

export function flatten(config: Config, path: string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    if (isKeptSecret(value)) continue;
    if (typeof value === "object") Object.assign(found, flatten(value, [...path, name]));
    else found[[...path, name].join(".")] = String(value);
  }
  return found;
}

export function draftOf(table: NewTable | Table): TableDraft {
  const fields = table.schema?.fields ?? [];
  return {
    name: table.name,
    connector: table.connector,
    use: table.table_type ?? (typeof table.config["type"] === "object" && "offset" in table.config["type"] ? "source" : "sink"),
    profile: table.connection_profile_id ?? "",
    options: flatten(table.config),
    format: table.format ?? "",
    described: fields.length > 0,
    fields,
    eventTime: table.event_time_field ?? "",
    delay: table.watermark_delay ?? "",
  };
}

export function configOf(options: Record<string, string>, places: OptionPlace[]): Config {
  const config: Config = {};
  for (const [path, value] of Object.entries(options)) {
    if (value === "") continue;
    setIn(config, path.split("."), typed(value, places.find((place) => place.path.join(".") === path)?.schema));
  }
  return config;
}

// The body of POST /connection_tables.
export function bodyOf(draft: TableDraft, connector: Connector | undefined): NewTable {
  const places = connector ? optionsOf(connector.config_schema) : [];
  // What is for the other use has been filled in before the use was changed.
  const options = Object.fromEntries(Object.entries(draft.options).filter(([path]) => isFor(places.find((place) => place.path.join(".") === path)?.schema, draft.use)));
  const body: NewTable = { name: draft.name.trim(), connector: draft.connector, config: configOf(options, places), table_type: draft.use };
  if (draft.profile) body.connection_profile_id = draft.profile;
  if (draft.format) body.format = draft.format;
  const fields = draft.fields.filter((field) => field.name.trim() || field.data_type.trim());
  if (draft.described && fields.length > 0) {
    body.schema = { fields: fields.map((field) => ({ name: field.name.trim(), data_type: field.data_type.trim(), nullable: field.nullable !== false })) };
    if (draft.use === "source" && draft.eventTime) {
      body.event_time_field = draft.eventTime;
      if (draft.delay.trim()) body.watermark_delay = draft.delay.trim();
    }
  }
  return body;
}

export const isFor = (schema: JsonSchema | undefined, use: Use): boolean => {
  const given = schema?.["x-use"] ?? "both";
  return given === "both" || given === use;
};

export interface OptionGroups {
  main: OptionPlace[];
  connection: OptionPlace[]; // what a profile may have
  more: OptionPlace[]; // what has a default
}
const FEW = 4;

// The options of a connector for one use; in `main` those that somebody has to think about.
export function groupsOf(connector: Connector, use: Use): OptionGroups {
  const all = optionsOf(connector.config_schema).filter((place) => isFor(place.schema, use));
  if (all.length <= FEW) return { main: all, connection: [], more: [] };
  const connection = all.filter((place) => place.schema["x-connection"] && !isRequired(place));
  const rest = all.filter((place) => !connection.includes(place));
  const main = rest.filter((place) => isRequired(place) || place.schema.default === undefined);
  return { main, connection, more: rest.filter((place) => !main.includes(place)) };
}

// Nested options cannot say so in their JSON Schema, or the page's own bodies would not fit it: the offset of a source is one.
export const isRequired = (place: OptionPlace): boolean => place.required || place.schema["x-sql"] === "source.offset";

// Options that no schema lists: those of the format and of every table.
export function otherOptions(draft: TableDraft, connector: Connector | undefined): [string, string][] {
  const known = new Set(connector ? optionsOf(connector.config_schema).map((place) => place.path.join(".")) : []);
  return Object.entries(draft.options).filter(([path]) => !known.has(path));
}

export const labelOf = (place: OptionPlace): string => {
  const words = (place.path.at(-1) ?? "").replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().replace(/\b(arn|aws|id|url|kpl)\b/g, (word) => word.toUpperCase());
  return (words[0] ?? "").toUpperCase() + words.slice(1);
};

// The part of an answer's field that names an option: "config.type.offset" as "type.offset".
export const optionOfField = (field: string): string => field.replace(/^config\.?/, "");
