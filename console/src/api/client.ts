import { currentSession, signOut } from "./session";

// An answer that is none: what went wrong, in words that may be shown, and what to do about it.
export class ApiError extends Error {
  readonly status: number; // 0: the server does not answer
  readonly hint: string;
  readonly field: string;
  readonly details: Record<string, unknown>;

  constructor(status: number, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.details = details;
    this.hint = typeof details["hint"] === "string" ? details["hint"] : "";
    this.field = typeof details["field"] === "string" ? details["field"] : "";
  }
}

export interface Ask {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal | undefined;
  // Instead of the session's; then a 401 does not end the session.
  token?: string;
  accept?: string;
  // The request outlives the page.
  keepalive?: boolean;
}

// Instead of what the server tells programs: which header to send.
const TOKEN_HINT = "Sign in with another token. Where the server runs, laminar token list shows which there are, and laminar token create makes one.";

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { error: { message: string; details?: Record<string, unknown> } };
    const details = body.error.details ?? {};
    return new ApiError(response.status, body.error.message, response.status === 401 ? { ...details, hint: TOKEN_HINT } : details);
  } catch {
    return new ApiError(response.status, `The server answered ${response.status} ${response.statusText}`.trim());
  }
}

// path: from "/pipelines" on. Throws ApiError, or the AbortError of `signal`.
export async function send(path: string, ask: Ask = {}): Promise<Response> {
  const token = ask.token ?? currentSession().token;
  const headers: Record<string, string> = { Accept: ask.accept ?? "application/json" };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  const request: RequestInit = { method: ask.method ?? "GET", headers, cache: "no-store", credentials: "omit" };
  if (ask.signal) request.signal = ask.signal;
  if (ask.keepalive) request.keepalive = true;
  if (ask.body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(ask.body);
  }
  let response: Response;
  try {
    response = await fetch(`/v1${path}`, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer", { hint: "Is laminar serve running, and can this browser reach it?" });
  }
  if (response.ok) return response;
  const problem = await errorOf(response);
  if (response.status === 401 && ask.token === undefined) signOut(problem.message);
  throw problem;
}

export async function call<T>(path: string, ask: Ask = {}): Promise<T> {
  const response = await send(path, ask);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(response.status, "The server's answer is no JSON", { hint: "Is there a proxy in between that answers by itself?" });
  }
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";
export const toApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, error instanceof Error ? error.message : String(error));
