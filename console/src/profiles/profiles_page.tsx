import { useMayEdit } from "../api/caller";
import { listAll } from "../api/lists";
import type { Profile, Table } from "../api/types";
import { count } from "../lib/format";
import { useLoad } from "../lib/load";
import { Link, useTitle } from "../lib/router";
import { Empty, Failure, LinkButton, Loading, PageHead, Scroll } from "../ui/basics";
import { flatten } from "../tables/draft";

export default function ProfilesPage() {
  useTitle("Profiles");
  const mayEdit = useMayEdit();
  const list = useLoad("profiles", (signal) => listAll<Profile>("/connection_profiles", signal), 10_000);
  const tables = useLoad("tables of profiles", (signal) => listAll<Table>("/connection_tables", signal));
  const users = (id: string) => tables.data?.filter((table) => table.connection_profile_id === id).length ?? null;
  return (
    <>
      <PageHead title="Connection profiles">{mayEdit && <LinkButton to="/profiles/new" kind="primary" icon="plus">New profile</LinkButton>}</PageHead>
      <Failure error={list.error} />
      {!list.data && !list.error && <Loading what="the profiles" />}
      {list.data?.length === 0 && (
        <div className="card">
          <Empty icon="key" title="No profiles yet" action={mayEdit && <LinkButton to="/profiles/new" kind="primary" icon="plus">Make the first one</LinkButton>}>
            A profile has what many tables share: the region, an endpoint, a role. Secrets stand in it as references to the server&rsquo;s environment or files, or are kept encrypted; they are never shown again.
          </Empty>
        </div>
      )}
      {list.data && list.data.length > 0 && (
        <div className="card">
          <Scroll label="Connection profiles">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Connector</th>
                  <th scope="col" className="wide-only">Settings</th>
                  <th scope="col" className="end">Tables</th>
                </tr>
              </thead>
              <tbody>
                {list.data.map((profile) => (
                  <tr key={profile.id}>
                    <td className="name-cell"><Link to={`/profiles/${profile.id}`}>{profile.name}</Link></td>
                    <td>{profile.connector}</td>
                    <td className="wide-only muted"><span className="cell">{Object.values(flatten(profile.config)).join(" · ")}</span></td>
                    <td className="end number">{count(users(profile.id))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </div>
      )}
    </>
  );
}
