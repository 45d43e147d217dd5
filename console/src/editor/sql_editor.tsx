// A text of SQL to be edited. CodeMirror lives in a shadow tree: there its styles are style sheets of their own, which the page's policy allows,
// instead of <style> elements, which it does not.
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { useEffect, useRef } from "react";

import { useShownTheme } from "../lib/theme";
import type { Catalogue } from "../sql/complete";
import { spanAt } from "../sql/positions";
import type { Problem } from "../api/types";
import { completion, language } from "./language";
import { themeOf } from "./theme";

export interface SqlEditorProps {
  label: string;
  value: string;
  onChange?: (value: string) => void; // absent: only to be read
  onRun?: () => void; // Ctrl+Enter
  errors?: Problem[];
  warnings?: Problem[];
  catalogue?: Catalogue;
  placeholder?: string;
  // The place to show; another object shows it again.
  at?: { line: number; column: number } | undefined;
  extra?: Extension; // as it is when the editor is made
  className?: string;
}

const fromOutside = Annotation.define<boolean>();

// What is typed over a selection. Left to the browser, it merges lines with inline styles, which the page's policy stops and writes about.
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main, ranges } = view.state.selection;
    if (event.inputType !== "insertText" || !event.data || main.empty || ranges.length > 1 || view.composing) return false;
    const text = event.data;
    const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handler) => handler(view, main.from, main.to, text, insert))) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});

export default function SqlEditor(props: SqlEditorProps) {
  const { label, value, errors, warnings, at, className = "" } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const theme = useShownTheme();
  const themes = useRef(new Compartment());
  const told = useRef<string[]>([]); // texts that onChange has given, and that have not come back as `value`
  const shown = useRef(theme);
  shown.current = theme;

  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const { onChange, extra = [] } = latest.current;
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          indentUnit.of("    "),
          bracketMatching(),
          language(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
          themes.current.of(themeOf(shown.current)),
          ...(onChange
            ? [
                typeOver,
                closeBrackets(),
                lintGutter(),
                highlightActiveLine(),
                highlightActiveLineGutter(),
                highlightSelectionMatches(),
                completion(() => latest.current.catalogue ?? { tables: [], connectors: [] }),
                placeholder(latest.current.placeholder ?? ""),
                keymap.of([{ key: "Mod-Enter", run: () => (latest.current.onRun?.(), true) }, ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
                EditorView.updateListener.of((update) => {
                  if (!update.docChanged || update.transactions.some((each) => each.annotation(fromOutside))) return;
                  const text = update.state.doc.toString();
                  told.current.push(text);
                  latest.current.onChange?.(text);
                }),
              ]
            : [EditorState.readOnly.of(true), EditorView.editable.of(true), keymap.of([...defaultKeymap, ...searchKeymap])]),
          extra,
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = undefined;
    };
  }, [label]);

  // A value from outside: a draft, an example. What was typed comes back late; meanwhile more has been typed.
  useEffect(() => {
    const editor = view.current;
    const mine = told.current.lastIndexOf(value);
    told.current = mine < 0 ? [] : told.current.slice(mine + 1);
    if (editor && mine < 0 && editor.state.doc.toString() !== value) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value }, annotations: fromOutside.of(true) });
  }, [value]);
  useEffect(() => {
    view.current?.dispatch({ effects: themes.current.reconfigure(themeOf(theme)) });
  }, [theme]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const text = editor.state.doc.toString();
    const marks = [...(errors ?? []).map((problem) => mark(text, problem, "error")), ...(warnings ?? []).map((problem) => mark(text, problem, "warning"))];
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [errors, warnings]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || !at) return;
    const { from, to } = spanAt(editor.state.doc.toString(), at.line, at.column);
    editor.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    editor.focus();
  }, [at]);

  return <div ref={host} className={`sql-editor ${className}`} />;
}

function mark(text: string, problem: Problem, severity: "error" | "warning"): Diagnostic {
  return { ...spanAt(text, problem.line, problem.column), severity, message: problem.hint ? `${problem.message}\n${problem.hint}` : problem.message };
}
