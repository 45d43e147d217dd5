// Places as the server says them (line and column from 1, columns in characters) and as the editor has them (an offset in UTF-16 units).
export interface Span {
  from: number;
  to: number;
}

// What a problem at (line, column) underlines: the word there, or one character; without a place the first line.
export function spanAt(text: string, line: number | null, column: number | null): Span {
  const lines = text.split("\n");
  if (line === null || line < 1) return { from: 0, to: lines[0]?.length ?? 0 };
  if (line > lines.length) return { from: text.length, to: text.length };
  let from = 0;
  for (let i = 0; i < line - 1; i++) from += (lines[i]?.length ?? 0) + 1;
  const content = lines[line - 1] ?? "";
  const start = [...content].slice(0, Math.max(0, (column ?? 1) - 1)).join("").length;
  const word = /^(?:[\p{L}\p{N}_$]+|"(?:[^"]|"")*"|'(?:[^']|'')*')/u.exec(content.slice(start));
  const length = word ? word[0].length : Math.min(1, content.length - start);
  return { from: from + start, to: from + start + length };
}
