import { useSyncExternalStore } from "react";

import { currentSession, onSession } from "./api/session";
import { Toasts } from "./ui/toasts";
import { Shell } from "./shell";
import { SignIn } from "./sign_in";

// The page of signing in stands in for every other one, and leaves the address as it is: afterwards it is the page that was wanted.
export function App() {
  const session = useSyncExternalStore(onSession, currentSession);
  return (
    <>
      {session.token ? <Shell key={session.token} /> : <SignIn ended={session.ended} />}
      <Toasts />
    </>
  );
}
