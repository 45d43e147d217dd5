// "/pipelines/:id/:tab?" and its like: a name per colon; a question mark: may be absent.
export type Parameters = Record<string, string | undefined>;

// The parameters of `path`, decoded; null: it is another path.
export function match(pattern: string, path: string): Parameters | null {
  const wanted = pattern.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  if (given.length > wanted.length) return null;
  const found: Parameters = {};
  for (const [i, part] of wanted.entries()) {
    const value = given[i];
    if (part.startsWith(":")) {
      const optional = part.endsWith("?");
      if (value === undefined && !optional) return null;
      try {
        found[part.slice(1, optional ? -1 : undefined)] = value === undefined ? undefined : decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) {
      return null;
    }
  }
  return found;
}
