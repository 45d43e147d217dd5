// A connection profile: made, changed, tried, deleted.
import { useState, type FormEvent } from "react";

import { useMayEdit } from "../api/caller";
import { call } from "../api/client";
import type { Config, Connector, List, Profile, TestResult } from "../api/types";
import { moment } from "../lib/format";
import { useAction, useLoad } from "../lib/load";
import { navigate, useTitle } from "../lib/router";
import type { PageProps } from "../shell";
import { optionsOf, type OptionPlace } from "../sql/table_of_ddl";
import { configOf, flatten, isKeptSecret, optionOfField } from "../tables/draft";
import { OptionField } from "../tables/option_field";
import { Checks } from "../tables/test_result";
import { Button, Card, Empty, Failure, Field, LinkButton, Loading, PageHead } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { toast } from "../ui/toasts";

export default function ProfilePage({ parameters }: PageProps) {
  const id = parameters["id"] === "new" ? null : (parameters["id"] ?? null);
  const profile = useLoad(id && `profile ${id}`, (signal) => call<Profile>(`/connection_profiles/${encodeURIComponent(id ?? "")}`, { signal }));
  const connectors = useLoad("connectors", (signal) => call<List<Connector>>("/connectors?limit=100", { signal }));
  useTitle(profile.data?.name ?? (id ? "Profile" : "New profile"));
  if (profile.error?.status === 404)
    return (
      <Empty page icon="key" title="There is no such profile" action={<LinkButton to="/profiles">All profiles</LinkButton>}>
        {id} has been deleted, or has never been.
      </Empty>
    );
  const error = profile.error ?? connectors.error;
  if (error) return <Failure error={error} retry={() => { profile.refresh(); connectors.refresh(); }} />;
  if (!connectors.data || (id && !profile.data)) return <Loading what="the profile" />;
  return <ProfileForm key={profile.data?.updated_at ?? "new"} profile={profile.data} connectors={connectors.data.data} onSaved={profile.set} />;
}

// What a profile of the connector may have.
function placesOf(connector: Connector | undefined): OptionPlace[] {
  return connector ? optionsOf(connector.config_schema).filter((place) => place.schema["x-connection"] || place.schema.writeOnly) : [];
}

function ProfileForm({ profile, connectors, onSaved }: { profile: Profile | undefined; connectors: Connector[]; onSaved: (profile: Profile) => void }) {
  const mayEdit = useMayEdit();
  const usable = connectors.filter((connector) => placesOf(connector).length > 0);
  const [name, setName] = useState(profile?.name ?? "");
  const [connectorId, setConnector] = useState(profile?.connector ?? (usable.find((each) => each.id === "kinesis") ?? usable[0])?.id ?? "");
  const [options, setOptions] = useState(() => flatten(profile?.config ?? {}));
  const [result, setResult] = useState<TestResult>();
  const [deleting, setDeleting] = useState(false);
  const saving = useAction();
  const testing = useAction();
  const connector = connectors.find((each) => each.id === connectorId);
  const places = placesOf(connector);
  const before = flatten(profile?.config ?? {});

  // Of a profile that is there only what is changed; what has been emptied is null, which removes it.
  const changes = (): Config => {
    const config = configOf(Object.fromEntries(Object.entries(options).filter(([path, value]) => value !== before[path])), places);
    for (const [path, value] of Object.entries(options)) if (value === "" && before[path]) removeIn(config, path.split("."));
    return config;
  };
  const body = profile ? { ...(name.trim() !== profile.name && { name: name.trim() }), config: changes() } : { name: name.trim(), connector: connectorId, config: configOf(options, places) };
  const save = (event: FormEvent) => {
    event.preventDefault();
    void saving.run(async () => {
      const saved = await call<Profile>(profile ? `/connection_profiles/${profile.id}` : "/connection_profiles", { method: profile ? "PATCH" : "POST", body });
      toast(`${saved.name} has been saved`);
      if (profile) onSaved(saved);
      else navigate(`/profiles/${saved.id}`);
    });
  };
  const test = () =>
    void testing.run(async () => {
      setResult(undefined);
      const asked = profile ? { id: profile.id, config: changes() } : { ...body, name: name.trim() || "test" };
      setResult(await call<TestResult>("/connection_profiles/test", { method: "POST", body: asked }));
    });
  return (
    <>
      <PageHead title={profile?.name ?? "New profile"} crumb={{ to: "/profiles", label: "Profiles" }} note={profile && `changed ${moment(profile.updated_at ?? profile.created_at)}`}>
        {mayEdit && profile && <Button kind="danger" icon="trash" onClick={() => setDeleting(true)}>Delete</Button>}
      </PageHead>
      <form className="stack" onSubmit={save}>
        <Card title="Settings">
          <fieldset className="card-body stack plain" disabled={!mayEdit}>
            <div className="fields">
              <Field label="Name" required error={saving.error?.field === "name" ? saving.error.message : undefined}>
                {(ids) => <input {...ids} className="input" autoFocus={!profile} value={name} onChange={(event) => setName(event.target.value)} />}
              </Field>
              {!profile && usable.length > 1 && (
                <Field label="Connector">
                  {(ids) => (
                    <select {...ids} className="input select" value={connectorId} onChange={(event) => { setConnector(event.target.value); setOptions({}); }}>
                      {usable.map((each) => (
                        <option key={each.id}>{each.id}</option>
                      ))}
                    </select>
                  )}
                </Field>
              )}
            </div>
            <div className="fields">
              {places.map((place) => {
                const path = place.path.join(".");
                return <OptionField key={path} place={place} value={options[path] ?? ""} kept={isKeptSecret(valueIn(profile?.config, place.path))} onChange={(value) => setOptions({ ...options, [path]: value })}
                                    error={saving.error && optionOfField(saving.error.field) === path ? saving.error.message : undefined} />;
              })}
            </div>
          </fieldset>
        </Card>
        {saving.error && <Failure error={saving.error} />}
        {mayEdit && (
          <div className="row">
            <Button type="submit" kind="primary" busy={saving.busy} disabled={!name.trim()}>{profile ? "Save" : "Create profile"}</Button>
            <Button busy={testing.busy} onClick={test}>Test the connection</Button>
            {profile && <span className="muted">Pipelines take a change over when they start.</span>}
          </div>
        )}
      </form>
      <Failure error={testing.error} />
      {result && (
        <Card title={result.ok ? "The test has succeeded" : "The test has found problems"}>
          <Checks checks={result.checks} />
        </Card>
      )}
      {deleting && profile && <DeleteProfile profile={profile} onClose={() => setDeleting(false)} />}
    </>
  );
}

function valueIn(config: Config | undefined, path: string[]): unknown {
  let at: unknown = config;
  for (const part of path) at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[part] : undefined;
  return at;
}

function removeIn(config: Config, path: string[]): void {
  let at = config as Record<string, unknown>;
  for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
  const last = path.at(-1);
  if (last !== undefined) at[last] = null;
}

function DeleteProfile({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { busy, error, run } = useAction();
  const remove = () =>
    void run(async () => {
      await call(`/connection_profiles/${profile.id}`, { method: "DELETE" });
      toast(`${profile.name} has been deleted`);
      navigate("/profiles", { replace: true });
    });
  return (
    <Dialog title={`Delete ${profile.name}`} onClose={onClose} confirm="Delete" kind="danger" onConfirm={remove} busy={busy} error={error}>
      <p>A profile that tables use cannot be deleted: the server says which.</p>
    </Dialog>
  );
}
