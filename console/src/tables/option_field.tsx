// One option of a connector as a field: what may be given, and what holds if nothing is.
import type { JsonSchema } from "../api/types";
import type { OptionPlace } from "../sql/table_of_ddl";
import { Field } from "../ui/basics";
import { Marked } from "../ui/marked";
import { isRequired, labelOf } from "./draft";

interface OptionFieldProps {
  place: OptionPlace;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  inherited?: string | undefined; // what the profile says
  kept?: boolean; // a secret that the server has
}

export function OptionField({ place, value, onChange, error, inherited, kept = false }: OptionFieldProps) {
  const { schema } = place;
  const unset = inherited !== undefined ? `${inherited} (of the profile)` : schema.default !== undefined ? String(schema.default) : "";
  const choices = schema.enum ?? (schema.type === "boolean" ? ["true", "false"] : undefined);
  return (
    <Field label={labelOf(place)} required={isRequired(place)} error={error}
           hint={
             <>
               <Marked text={schema.description} />
               {rangeOf(schema)}
               {schema.writeOnly && (
                 <span className="own-line">
                   Best a reference: <code>{"{{ env.NAME }}"}</code>
                 </span>
               )}
             </>
           }>
      {(ids) =>
        choices ? (
          <select {...ids} className="input select" value={value} onChange={(event) => onChange(event.target.value)}>
            <option value="">{unset ? `${unset} (default)` : isRequired(place) ? "choose …" : "not set"}</option>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </select>
        ) : (
          <input {...ids} className="input" type={schema.writeOnly && !value.startsWith("{{") ? "password" : "text"} autoComplete="off" spellCheck={false} value={value}
                 inputMode={schema.type === "integer" || schema.type === "number" ? "decimal" : undefined}
                 placeholder={kept ? "kept; type to replace it" : unset || (schema.examples?.[0] !== undefined ? `e.g. ${String(schema.examples[0])}` : "")} onChange={(event) => onChange(event.target.value)} />
        )
      }
    </Field>
  );
}

function rangeOf(schema: JsonSchema): string {
  if (schema.maximum !== undefined) return ` (${schema.minimum ?? 0} to ${schema.maximum})`;
  return "";
}
