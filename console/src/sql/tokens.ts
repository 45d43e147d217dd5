// SQL as words, texts and signs: enough to find names and columns in a script that may not be finished. What it means is the server's business.
export interface Token {
  kind: "word" | "quoted" | "text" | "number" | "sign";
  // Of a quoted name or a text: what stands between the quotes, doubled ones as one.
  value: string;
  from: number;
  to: number;
  closed: boolean; // false: the quote or the script ends within it
}

const SPACE = /\s/;
const WORD_START = /[\p{L}_$]/u;
const WORD = /[\p{L}\p{N}_$]/u;
const NUMBER = /[\d.eE_]/;

// Comments are left out.
export function tokens(script: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < script.length) {
    const c = script[at] ?? "";
    if (SPACE.test(c)) {
      at++;
    } else if (script.startsWith("--", at)) {
      const end = script.indexOf("\n", at);
      at = end < 0 ? script.length : end;
    } else if (script.startsWith("/*", at)) {
      const end = script.indexOf("*/", at + 2);
      at = end < 0 ? script.length : end + 2;
    } else if (c === "'" || c === '"') {
      const token = quoted(script, at, c);
      found.push(token);
      at = token.to;
    } else {
      const from = at;
      let kind: Token["kind"] = "sign";
      at++;
      if (WORD_START.test(c)) {
        kind = "word";
        while (at < script.length && WORD.test(script[at] ?? "")) at++;
      } else if (/\d/.test(c)) {
        kind = "number";
        while (at < script.length && NUMBER.test(script[at] ?? "")) at++;
      }
      found.push({ kind, value: script.slice(from, at), from, to: at, closed: true });
    }
  }
  return found;
}

function quoted(script: string, from: number, quote: string): Token {
  let value = "";
  let at = from + 1;
  for (;;) {
    const end = script.indexOf(quote, at);
    if (end < 0) return { kind: quote === "'" ? "text" : "quoted", value: value + script.slice(at), from, to: script.length, closed: false };
    value += script.slice(at, end);
    if (script[end + 1] !== quote) return { kind: quote === "'" ? "text" : "quoted", value, from, to: end + 1, closed: true };
    value += quote;
    at = end + 2;
  }
}

export const isName = (token: Token | undefined): token is Token => token?.kind === "word" || token?.kind === "quoted";
export const isWord = (token: Token | undefined, ...words: string[]): boolean => token?.kind === "word" && words.includes(token.value.toUpperCase());
export const isSign = (token: Token | undefined, sign: string): boolean => token?.kind === "sign" && token.value === sign;

// The tokens of each statement, without its semicolon.
export function statements(all: Token[]): Token[][] {
  const found: Token[][] = [[]];
  for (const token of all) {
    if (isSign(token, ";")) found.push([]);
    else found.at(-1)?.push(token);
  }
  return found.filter((statement) => statement.length > 0);
}

// Where the parenthesis that opens at `open` closes: its index, or the length where it does not.
export function closing(list: Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < list.length; i++) {
    if (isSign(list[i], "(")) depth++;
    if (isSign(list[i], ")") && --depth === 0) return i;
  }
  return list.length;
}

// What commas of its own divide: not those within parentheses or brackets.
export function divided(list: Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of list) {
    if (token.kind === "sign" && "([{".includes(token.value)) depth++;
    if (token.kind === "sign" && ")]}".includes(token.value)) depth--;
    if (depth === 0 && isSign(token, ",")) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}
