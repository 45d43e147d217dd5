import { lazy, Suspense, useEffect, useRef, useState, type ComponentType } from "react";

import { CallerContext } from "./api/caller";
import { call } from "./api/client";
import { signOut } from "./api/session";
import type { Caller } from "./api/types";
import { useLoad } from "./lib/load";
import { match, type Parameters } from "./lib/routes";
import { Link, navigate, usePath, useTitle } from "./lib/router";
import { useShortcuts } from "./lib/shortcuts";
import { setTheme, useTheme, type Theme } from "./lib/theme";
import { Button, Empty, LinkButton, Loading } from "./ui/basics";
import PipelinesPage from "./pipelines/pipelines_page";
import { Logo, type IconName } from "./ui/icons";
import { ShortcutsDialog } from "./shortcuts_dialog";

export interface PageProps {
  parameters: Parameters;
}

const SECTIONS = [
  { to: "/pipelines", label: "Pipelines", key: "g p" },
  { to: "/tables", label: "Tables", key: "g t" },
  { to: "/profiles", label: "Profiles", key: "g c" },
];

function NotFound() {
  useTitle("Not found");
  return (
    <Empty page icon="search" title="There is no such page" action={<LinkButton to="/pipelines">Go to the pipelines</LinkButton>}>
      <p>
        Nothing is at <code>{location.pathname}</code>. What was there may have been deleted, or the address is not whole.
      </p>
    </Empty>
  );
}

const PAGES: { pattern: string; page: ComponentType<PageProps> }[] = [
  { pattern: "/pipelines", page: PipelinesPage },
  { pattern: "/pipelines/new", page: lazy(() => import("./workbench/workbench_page")) },
  { pattern: "/pipelines/:id/edit", page: lazy(() => import("./workbench/workbench_page")) },
  { pattern: "/pipelines/:id/:tab?", page: lazy(() => import("./pipelines/pipeline_page")) },
  { pattern: "/tables", page: lazy(() => import("./tables/tables_page")) },
  { pattern: "/tables/new", page: lazy(() => import("./tables/new_table_page")) },
  { pattern: "/tables/:id", page: lazy(() => import("./tables/table_page")) },
  { pattern: "/profiles", page: lazy(() => import("./profiles/profiles_page")) },
  { pattern: "/profiles/:id", page: lazy(() => import("./profiles/profile_page")) },
];

const THEMES: Record<Theme, { next: Theme; icon: IconName; label: string }> = {
  system: { next: "light", icon: "auto", label: "Theme: as the system's" },
  light: { next: "dark", icon: "sun", label: "Theme: light" },
  dark: { next: "system", icon: "moon", label: "Theme: dark" },
};

export function Shell() {
  const path = usePath();
  const theme = useTheme();
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const caller = useLoad("whoami", (signal) => call<Caller>("/whoami", { signal }));

  // The link that led here may be gone: the keyboard goes on from the page's beginning.
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== path && document.activeElement === document.body) main.current?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
  useEffect(() => {
    if (path === "/") navigate("/pipelines", { replace: true });
  }, [path]);
  useShortcuts({
    "?": () => setHelp(true),
    "g p": () => navigate("/pipelines"),
    "g t": () => navigate("/tables"),
    "g c": () => navigate("/profiles"),
    "c": () => navigate("/pipelines/new"),
    "/": () => document.querySelector<HTMLInputElement>("[data-filter]")?.focus(),
  });

  let page = <NotFound />;
  for (const each of PAGES) {
    const parameters = match(each.pattern, path);
    if (parameters) {
      page = <each.page key={Object.entries(parameters).filter(([name]) => name !== "tab").join()} parameters={parameters} />;
      break;
    }
  }
  return (
    <CallerContext value={caller.data}>
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        Skip to the page
      </a>
      <header className="top">
        <div className="top-inside">
          <Link to="/pipelines" className="brand">
            <Logo /> Laminar
          </Link>
          <nav className="top-nav" aria-label="Sections">
            {SECTIONS.map(({ to, label }) => (
              <Link key={to} to={to} className="top-link" aria-current={path === to || path.startsWith(`${to}/`) ? "page" : undefined}>
                {label}
              </Link>
            ))}
          </nav>
          <div className="top-end">
            <Button kind="quiet" icon="help" compact onClick={() => setHelp(true)}>
              Keyboard shortcuts
            </Button>
            <Button kind="quiet" icon={THEMES[theme].icon} compact onClick={() => setTheme(THEMES[theme].next)}>
              {THEMES[theme].label}
            </Button>
            {caller.data && <span className="who" title={`The token ${caller.data.name}, ${caller.data.role}`}>{[...new Set([caller.data.name, caller.data.role])].join(" · ")}</span>}
            <Button kind="quiet" icon="signOut" compact onClick={() => signOut()}>
              Sign out
            </Button>
          </div>
        </div>
      </header>
      <main id="main" className="page" ref={main} tabIndex={-1}>
        <Suspense fallback={<Loading what="the page" />}>{page}</Suspense>
      </main>
      {help && <ShortcutsDialog onClose={() => setHelp(false)} />}
    </CallerContext>
  );
}
