import { useState, type FormEvent } from "react";

import { call } from "./api/client";
import { signIn } from "./api/session";
import { useAction } from "./lib/load";
import { useTitle } from "./lib/router";
import { Button, Failure, Field, Notice } from "./ui/basics";
import { Logo } from "./ui/icons";

export function SignIn({ ended }: { ended: string }) {
  useTitle("Sign in");
  const [text, setText] = useState("");
  const { busy, error, run } = useAction();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = text.trim();
    if (!token) return;
    void run(async () => {
      await call("/whoami", { token });
      signIn(token);
    });
  };
  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <div className="sign-in-head">
          <Logo size={40} />
          <h1>Sign in to Laminar</h1>
        </div>
        {ended && !error && <Notice kind="warn" title="You have been signed out" hint={`The server says: ${ended}.`} />}
        <Failure error={error} />
        <form onSubmit={submit}>
          <Field label="Token" hint="It is kept in this tab alone, and gone when you close it.">
            {(ids) => (
              <input {...ids} className="input mono" type="password" autoComplete="off" spellCheck={false} autoFocus placeholder="lmn_…"
                     value={text} onChange={(event) => setText(event.target.value)} />
            )}
          </Field>
          <Button type="submit" kind="primary" busy={busy} disabled={!text.trim()}>
            Sign in
          </Button>
        </form>
        <details>
          <summary>Where do I get a token?</summary>
          <div>
            <p>The server prints one when it starts for the first time. Where it runs, this makes another:</p>
            <pre>laminar token create --name me --role editor</pre>
            <p>A viewer may look; an editor may also make, change, start and stop.</p>
          </div>
        </details>
      </div>
    </main>
  );
}
