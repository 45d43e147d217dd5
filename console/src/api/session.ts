// The token that the console signs in with. It lives as long as the tab, and is in no address.

export interface Session {
  token: string | null;
  // Why there is none any more; "" = nobody has signed in yet, or they signed out themselves.
  ended: string;
}

const KEY = "laminar.token";

function stored(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden: then a reload asks again
  }
}

let session: Session = { token: stored(), ended: "" };
const listeners = new Set<() => void>();

function change(next: Session): void {
  session = next;
  try {
    if (next.token) sessionStorage.setItem(KEY, next.token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // as above
  }
  for (const listener of listeners) listener();
}

export const currentSession = (): Session => session;
export const signIn = (token: string): void => change({ token, ended: "" });
export const signOut = (why = ""): void => {
  if (session.token) change({ token: null, ended: why });
};
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
