// node journeys.mjs NAME SETTINGS: one journey through the console; SETTINGS are those of watched() as JSON. What is wrong is printed, and the exit code 1.
import { execFileSync } from "node:child_process";

import { watched } from "./browser.mjs";

const journeys = {
  // From nothing to a pipeline that has run.
  async pipeline(watch, page, { token, tests, figures }) {
    if (!tests) watch.expect(/404.*connection_profiles/);
    await watch.go("/");
    await page.getByRole("heading", { name: "Sign in to Laminar" }).waitFor();
    watch.expect(/401/);
    await page.getByLabel("Token").fill("lmn_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await watch.look("sign-in");
    await page.getByLabel("Token").fill(token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Pipelines", exact: true }).waitFor();
    await page.getByRole("heading", { name: "No pipelines yet" }).waitFor();
    await watch.look("no-pipelines");

    // A table by the form.
    await page.getByRole("link", { name: "Make a table" }).click();
    await page.getByLabel("Name", { exact: false }).first().fill("readings");
    await page.getByRole("radio", { name: /^generator/ }).check();
    await page.getByLabel("Rows per second").fill("40");
    await page.getByRole("button", { name: "Named columns" }).click();
    await page.getByLabel("Name of column 1").fill("device");
    await page.getByLabel("Type of column 1").fill("NUMBER");
    await page.getByRole("button", { name: "Add a column" }).click();
    await page.getByLabel("Name of column 2").fill("celsius");
    await page.getByLabel("Type of column 2").fill("DOUBLE");
    watch.expect(/422/);
    await page.getByRole("button", { name: "Create table" }).click();
    await page.getByRole("alert").first().waitFor();
    await watch.look("table-refused");
    await page.getByLabel("Type of column 1").fill("BIGINT");
    if (tests) {
      await page.getByRole("button", { name: "Test the connection" }).click();
      await page.getByRole("heading", { name: "The test has succeeded" }).waitFor();
    }
    await watch.look("table-form");
    await page.getByRole("button", { name: "Create table" }).click();
    await page.getByRole("heading", { name: "readings", level: 1 }).waitFor();
    if (tests) {
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await page.getByRole("heading", { name: "The test has succeeded" }).waitFor();
    }
    await watch.look("table");

    // A query that is wrong at first, its plan, its rows.
    await page.getByRole("link", { name: "Query it" }).click();
    const editor = page.getByRole("textbox", { name: "SQL of the pipeline" });
    await editor.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("SELECT device, celsius * 9 / 5 + 32 AS fahrenheit, nothing\nFROM readings\nWHERE celsius > 0;");
    await page.getByRole("list", { name: "Problems" }).getByText("nothing").waitFor();
    await watch.look("query-wrong");
    await page.getByRole("list", { name: "Problems" }).getByRole("button").first().click(); // selects what is wrong
    await page.keyboard.type("7 AS seven");
    await page.getByText("valid", { exact: true }).waitFor();
    await page.getByRole("button", { name: /Source readings/ }).waitFor();
    await page.getByRole("button", { name: "Preview" }).first().click();
    const cells = page.getByRole("region", { name: "Rows of the preview" }).getByRole("row");
    await watch.until(async () => (await cells.count()) > 5, "rows of the preview");
    watch.check((await page.getByRole("columnheader").allInnerTexts()).join().includes("fahrenheit"), "the preview has the query's columns");
    await watch.look("preview");

    // The pipeline: made, seen at work, stopped.
    await page.getByRole("button", { name: "Create pipeline" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("fahrenheit");
    await watch.look("create");
    await dialog.getByRole("button", { name: "Create and start" }).click();
    await page.getByRole("heading", { name: "fahrenheit", level: 1 }).waitFor();
    await page.getByText("Running", { exact: true }).waitFor();
    if (figures) {
      await page.locator(".plan-edge[data-moving]").first().waitFor({ state: "attached" });
      await watch.until(async () => page.locator(".plan-flow").first().evaluate((line) => line.getAnimations().some((each) => each.playState === "running")), "the graph to move");
    }
    await page.getByRole("img", { name: /^Rows: in/ }).waitFor();
    await watch.look("running");
    await page.getByRole("link", { name: "Output" }).click();
    await watch.until(async () => (await page.getByRole("region", { name: "Rows of the output" }).getByRole("row").count()) > 3, "rows of the output");
    await watch.look("output");
    for (const tab of ["SQL", "Checkpoints", "Errors", "Logs", "Runs", "Settings"]) {
      await page.getByRole("link", { name: tab, exact: true }).click();
      await page.locator(".card").first().waitFor();
      await watch.until(async () => (await page.locator(".loading").count()) === 0, `${tab} to be loaded`);
      await watch.look(tab.toLowerCase());
    }
    await page.getByRole("link", { name: "Pipelines", exact: true }).first().click();
    await page.getByRole("link", { name: "fahrenheit" }).waitFor();
    await page.getByText(/\d\/s/).first().waitFor();
    await watch.look("pipelines");
    await page.getByRole("link", { name: "fahrenheit" }).click();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await watch.look("stop");
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();
    watch.check((await page.locator(".plan-edge[data-moving]").count()) === 0, "a stopped pipeline moves nothing");
    await watch.look("stopped");
  },

  // A token that is revoked while the console is open leads back to signing in, and from there to where one was.
  async session(watch, page, { revoke, tests }) {
    if (!tests) watch.expect(/404.*connection_profiles/);
    await watch.go("/tables/new");
    await page.getByRole("heading", { name: "New table" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "New table" }).waitFor(); // still signed in
    execFileSync(revoke[0], revoke.slice(1));
    watch.expect(/401/);
    await page.getByRole("link", { name: "Tables", exact: true }).first().click();
    await page.getByText("You have been signed out").waitFor();
    watch.check(page.url().endsWith("/tables"), "the address stays");
    watch.check((await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).includes("lmn_") === false, "the token is forgotten");
    await watch.look("signed-out");
  },

  async viewer(watch, page) {
    await watch.go("/tables");
    await page.getByText(/looks · viewer/).waitFor();
    await page.getByRole("link", { name: "numbers" }).waitFor();
    watch.check((await page.getByRole("link", { name: "New table" }).count()) === 0, "a viewer is not offered a new table");
    await page.getByRole("link", { name: "numbers" }).click();
    await page.getByRole("heading", { name: "As SQL" }).waitFor();
    for (const name of ["Delete", "Test", "Duplicate"]) watch.check((await page.getByRole("button", { name }).count()) === 0, `a viewer is not offered ${name}`);
    await watch.look("table");
    await watch.go("/pipelines");
    await page.getByRole("heading", { name: "No pipelines yet" }).waitFor();
    watch.check((await page.getByRole("link", { name: "New pipeline" }).count()) === 0, "a viewer is not offered a new pipeline");
  },

  // A table by its CREATE TABLE, and a profile that it uses.
  async tables(watch, page) {
    await watch.go("/profiles");
    await page.getByRole("heading", { name: "No profiles yet" }).waitFor();
    await watch.look("no-profiles");
    await page.getByRole("link", { name: "Make the first one" }).click();
    await page.getByLabel("Name").fill("europe");
    await page.getByLabel("AWS region").fill("eu-west-1");
    await page.getByRole("button", { name: "Create profile" }).click();
    await page.getByRole("heading", { name: "europe", level: 1 }).waitFor();
    await page.getByLabel("AWS region").fill("eu-central-1");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("europe has been saved").last().waitFor();
    await watch.look("profile");

    await watch.go("/tables/new");
    await page.getByRole("button", { name: "Paste SQL" }).click();
    const editor = page.getByRole("textbox", { name: "CREATE TABLE" });
    await editor.click();
    await page.keyboard.insertText("CREATE TABLE clicks (page TEXT NOT NULL, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)\nWITH (connector = 'kafka');");
    await page.getByText("There is no connector kafka").waitFor();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText("CREATE TABLE clicks (page TEXT NOT NULL, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)\nWITH (connector = 'kinesis', stream_name = 'clicks', type = 'source', 'source.offset' = 'earliest', format = 'json');");
    await page.getByRole("button", { name: "Take it into the form" }).click();
    watch.check((await page.getByLabel("Stream name").inputValue()) === "clicks", "the form has the stream's name");
    watch.check((await page.getByLabel("Offset").inputValue()) === "earliest", "and the offset");
    watch.check((await page.getByLabel("Name of column 2").inputValue()) === "ts", "and the columns");
    await page.getByLabel("Connection profile").selectOption({ label: "europe" });
    await watch.look("form");
    await page.getByRole("button", { name: "Create table" }).click();
    await page.getByRole("heading", { name: "clicks", level: 1 }).waitFor();
    await page.getByText("WATERMARK FOR ts").waitFor();
    await watch.look("table");

    // What the form does not take is said at its field.
    await page.getByRole("link", { name: "Duplicate" }).click();
    watch.check((await page.getByLabel("Name", { exact: false }).first().inputValue()) === "clicks_2", "a duplicate has a name of its own");
    await page.getByLabel("Name", { exact: false }).first().fill("clicks");
    watch.expect(/409/);
    await page.getByRole("button", { name: "Create table" }).click();
    await page.getByText("there is a table named clicks").first().waitFor();
    await watch.go("/tables");
    await page.getByRole("link", { name: "clicks" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await watch.look("delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "No tables yet" }).waitFor();
  },

  // A pipeline that a record has stopped: what was wrong, another query, and its end.
  async failure(watch, page, { pipeline }) {
    await watch.go("/pipelines");
    await page.getByRole("link", { name: "orders to check" }).click();
    await page.getByText("Failed", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Show the error" }).click();
    await page.getByText("bad record").waitFor();
    await page.getByText(/^The record: 21 B/).click();
    await page.getByText('{"id": 2, "who":').waitFor();
    await page.getByRole("button", { name: "Hex" }).click();
    await page.getByText("000000  7b 22 69 64").waitFor();
    await watch.look("record");

    await page.getByRole("link", { name: "Edit SQL" }).click();
    const editor = page.getByRole("textbox", { name: "SQL of the pipeline" });
    await editor.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type(" AND id < 1000000");
    await page.getByText("valid", { exact: true }).waitFor();
    await page.reload();
    await editor.getByText("id < 1000000").waitFor(); // what is being written outlives a reload
    await page.getByText("valid", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").locator(".cm-deletedChunk").waitFor();
    await watch.look("save");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await watch.go(`/pipelines/${pipeline}/sql`);
    await page.locator(".cm-deletedChunk").waitFor();
    await watch.look("difference");
    await page.getByRole("button", { name: "Last run" }).click();
    await page.getByRole("textbox", { name: "SQL, running" }).waitFor();
    watch.check(!(await page.getByRole("textbox", { name: "SQL, running" }).innerText()).includes("1000000"), "the version that ran has not the new condition");

    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.getByLabel("Name").fill("orders to forget");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "orders to forget", level: 1 }).waitFor();
    await page.getByRole("button", { name: "Delete pipeline" }).click();
    const dialog = page.getByRole("dialog");
    watch.check(await dialog.getByRole("button", { name: "Delete" }).isDisabled(), "nothing is deleted before its name is typed");
    await dialog.getByLabel("Type orders to forget to confirm").fill("orders to forget");
    await watch.look("delete");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "No pipelines yet" }).waitFor();
  },

  // A query whose state the last checkpoint does not have: whether to begin anew is asked, not decided.
  async change(watch, page, { pipeline, table }) {
    await watch.go(`/pipelines/${pipeline}`);
    await page.getByText("Running", { exact: true }).waitFor();
    await watch.go(`/pipelines/${pipeline}/checkpoints`);
    await page.getByRole("button", { name: "Look inside" }).first().click();
    await page.getByRole("heading", { name: "Position of readings" }).waitFor();
    await watch.look("checkpoint");
    await page.keyboard.press("Escape");

    await watch.go(`/pipelines/${pipeline}/edit`);
    const editor = page.getByRole("textbox", { name: "SQL of the pipeline" });
    await editor.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(`${table}\nSELECT device, max(celsius) AS highest FROM readings GROUP BY device, TUMBLE(ts, INTERVAL '1' MINUTE);`);
    await page.getByText("valid", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    const dialog = page.getByRole("dialog");
    watch.expect(/409/);
    await dialog.getByRole("button", { name: "Save and restart" }).click();
    await dialog.getByLabel(/^Begin anew/).waitFor();
    watch.check(await dialog.getByRole("button", { name: "Save and restart" }).isDisabled(), "nothing is given up unasked");
    await watch.look("misfit");
    await dialog.getByLabel(/^Begin anew/).check();
    await dialog.getByRole("button", { name: "Save and restart" }).click();
    await page.getByRole("heading", { name: "highest", level: 1 }).waitFor();
    await page.getByText("Running", { exact: true }).waitFor();
    await page.getByRole("button", { name: /^Window aggregate/ }).first().click();
    await page.getByText("max(celsius)").first().waitFor();
    watch.check((await page.getByText("The SQL has been edited").count()) === 0, "what runs is what was saved");
    await watch.look("changed");
    await page.getByRole("button", { name: "Restart" }).click();
    await watch.look("restart");
    await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
    await page.getByText("highest is being restarted").waitFor();
    await watch.go(`/pipelines/${pipeline}/runs`);
    await page.getByRole("cell", { name: "3", exact: true }).waitFor();
  },

  async habits(watch, page) {
    await watch.go("/pipelines");
    await page.getByRole("heading", { name: "Pipelines", exact: true }).waitFor();
    await page.keyboard.press("Tab");
    watch.check((await page.evaluate(() => document.activeElement?.textContent)) === "Skip to the page", "the first stop is the skip link");
    await page.keyboard.press("Enter");
    watch.check((await page.evaluate(() => document.activeElement?.id)) === "main", "it leads to the page");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await watch.look("shortcuts");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await page.getByRole("heading", { name: "Tables", exact: true }).waitFor();
    watch.check((await page.title()) === "Tables · Laminar", "each page has its title");
    await page.goBack();
    await page.getByRole("heading", { name: "Pipelines", exact: true }).waitFor();

    const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await colour();
    await page.getByRole("button", { name: /^Theme/ }).click();
    await page.getByRole("button", { name: /^Theme/ }).click();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    const dark = await colour();
    watch.check(light !== dark, "the switch changes the colours");
    await page.reload();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    watch.check((await colour()) === dark, "and is remembered");

    await watch.go("/nothing/is/here");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await watch.look("not-found");
    watch.expect(/404/);
    for (const [path, heading] of [["/pipelines/pipe_none", "There is no such pipeline"], ["/tables/tbl_none", "There is no such table"], ["/profiles/prof_none", "There is no such profile"], ["/pipelines/pipe_none/edit", "There is no such pipeline"]]) {
      await watch.go(path);
      await page.getByRole("heading", { name: heading }).waitFor();
    }
    await page.emulateMedia({ reducedMotion: "reduce" });
    watch.check(await page.evaluate(() => { const probe = document.createElement("span"); probe.className = "spinner"; document.body.append(probe); return getComputedStyle(probe).animationIterationCount === "1"; }), "who wants less motion gets none");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Laminar" }).waitFor();
  },
};

const [name, text] = process.argv.slice(2);
const settings = JSON.parse(text);
const problems = await watched(settings, (watch, page) => journeys[name](watch, page, settings));
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
