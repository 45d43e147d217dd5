// Bytes as a hex dump: offset, sixteen bytes, and what of them is ASCII.
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

export function hexDump(data: Uint8Array, mostBytes = 4096): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(data.length, mostBytes); at += 16) {
    const row = data.subarray(at, Math.min(at + 16, mostBytes));
    const hex = Array.from(row, (b) => b.toString(16).padStart(2, "0"));
    const left = hex.slice(0, 8).join(" ");
    const right = hex.slice(8).join(" ");
    const ascii = Array.from(row, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${left.padEnd(23)}  ${right.padEnd(23)}  ${ascii}`);
  }
  if (data.length > mostBytes) lines.push(`... ${data.length - mostBytes} more bytes`);
  return lines.join("\n");
}
