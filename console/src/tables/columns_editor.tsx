import type { Field } from "../api/types";
import { TYPES } from "../sql/functions";
import { Button } from "../ui/basics";

// The columns of a table: name, type, and whether a row may be without a value.
export function ColumnsEditor({ fields, onChange }: { fields: Field[]; onChange: (fields: Field[]) => void }) {
  const set = (i: number, change: Partial<Field>) => onChange(fields.map((field, at) => (at === i ? { ...field, ...change } : field)));
  return (
    <div className="stack tight">
      <datalist id="types">
        {TYPES.map((type) => (
          <option key={type} value={type} />
        ))}
      </datalist>
      {fields.length > 0 && (
        <div className="columns" role="group" aria-label="Columns">
          {fields.map((field, i) => (
            <div key={i} className="column-row">
              <input className="input mono" aria-label={`Name of column ${i + 1}`} placeholder="name" spellCheck={false} autoComplete="off" value={field.name} onChange={(event) => set(i, { name: event.target.value })} />
              <input className="input mono" aria-label={`Type of column ${i + 1}`} placeholder="type" list="types" spellCheck={false} autoComplete="off" value={field.data_type} onChange={(event) => set(i, { data_type: event.target.value })} />
              <label className="check-line">
                <input type="checkbox" checked={field.nullable === false} onChange={(event) => set(i, { nullable: !event.target.checked })} />
                <span>NOT NULL</span>
              </label>
              <Button kind="quiet" icon="cross" compact onClick={() => onChange(fields.filter((_, at) => at !== i))}>
                {`Remove column ${i + 1}`}
              </Button>
            </div>
          ))}
        </div>
      )}
      <div>
        <Button icon="plus" onClick={() => onChange([...fields, { name: "", data_type: "", nullable: true }])}>
          Add a column
        </Button>
      </div>
    </div>
  );
}
