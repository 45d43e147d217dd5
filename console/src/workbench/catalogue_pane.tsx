import type { ApiError } from "../api/client";
import type { Table } from "../api/types";
import { Link } from "../lib/router";
import { Button, Empty, Failure, LinkButton, Loading } from "../ui/basics";

// Tables that every script can name, to look at while writing.
export function CataloguePane({ tables, error, onQuery }: { tables: Table[] | undefined; error: ApiError | undefined; onQuery: (name: string) => void }) {
  if (!tables) return error ? <Failure error={error} /> : <Loading what="the tables" />;
  if (tables.length === 0)
    return (
      <Empty icon="database" title="No tables yet" action={<LinkButton to="/tables/new" icon="plus">New table</LinkButton>}>
        A table made here can be named by every pipeline. A script may also define its own, with CREATE TABLE.
      </Empty>
    );
  return (
    <ul className="catalogue">
      {tables.map((table) => (
        <li key={table.id}>
          <details>
            <summary>
              <span className="catalogue-name">{table.name}</span> <span className="tag">{table.table_type}</span>
            </summary>
            <ul className="catalogue-columns">
              {(table.schema?.fields ?? [{ name: "value", data_type: "JSON" }]).map((field) => (
                <li key={field.name}>
                  <span className="mono">{field.name}</span> <span className="muted">{field.data_type}</span>
                </li>
              ))}
            </ul>
            <div className="row">
              {table.table_type === "source" && <Button kind="quiet" onClick={() => onQuery(table.name)}>Add a query of it</Button>}
              <Link to={`/tables/${table.id}`}>Open</Link>
            </div>
          </details>
        </li>
      ))}
    </ul>
  );
}
