import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { SQLDialect, sql } from "@codemirror/lang-sql";
import type { Extension } from "@codemirror/state";

import { offersAt, type Catalogue, type Offer } from "../sql/complete";
import { FUNCTIONS, KEYWORDS, TYPES } from "../sql/functions";

const dialect = SQLDialect.define({
  keywords: KEYWORDS.join(" ").toLowerCase(),
  types: TYPES.join(" ").toLowerCase(),
  builtin: FUNCTIONS.map((f) => f.name.toLowerCase()).join(" "),
  operatorChars: "*+-%<>!=&|~^/:",
  specialVar: "$",
});

export const language = (): Extension => sql({ dialect }).language.extension;

const KINDS: Record<Offer["kind"], string> = { table: "class", column: "property", function: "function", keyword: "keyword", type: "type", option: "property", value: "enum" };

// catalogue: asked at each completion; it changes while somebody types.
export function completion(catalogue: () => Catalogue): Extension {
  const source = (context: CompletionContext): CompletionResult | null => {
    const found = offersAt(context.state.doc.toString(), context.pos, catalogue());
    if (!found || found.offers.length === 0) return null;
    // Nothing typed: only where somebody asks, or behind a dot.
    const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
    if (found.from === context.pos && !context.explicit && before !== ".") return null;
    // Typed whole: Enter is a line break then, not this word once more.
    const labels = new Set(found.offers.map((offer) => offer.label.toLowerCase()));
    const isWhole = (text: string) => labels.has(text.toLowerCase());
    if (!context.explicit && isWhole(context.state.sliceDoc(found.from, context.pos))) return null;
    return {
      from: found.from,
      options: found.offers.map((offer): Completion => {
        const completion: Completion = { label: offer.label, type: KINDS[offer.kind], boost: offer.boost * 10 };
        if (offer.insert !== undefined) completion.apply = offer.insert;
        if (offer.detail) completion.detail = offer.detail;
        if (offer.info) completion.info = offer.info;
        return completion;
      }),
      validFor: (text) => /^(?:[\w$]*|'[^']*)$/.test(text) && !isWhole(text),
    };
  };
  return autocompletion({ override: [source], icons: false, maxRenderedOptions: 60 });
}
