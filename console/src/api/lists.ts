import { call } from "./client";
import type { List } from "./types";

const PAGE = 100; // the most that the server gives at once
const MOST_PAGES = 50;

// Everything of a collection, page by page. path: without limit and offset.
export async function listAll<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const all: T[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const list = await call<List<T>>(`${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}&offset=${page * PAGE}`, { signal });
    all.push(...list.data);
    if (!list.has_more) break;
  }
  return all;
}
