// Figures and times as people read them. Every function takes null for what is not known.
const UNKNOWN = "–";

const number = (value: number, digits: number): string => value.toLocaleString("en-US", { maximumFractionDigits: digits });

// 950, 12,400, 1.25 M
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 1e9) return `${number(value / 1e9, 2)} G`;
  if (size >= 1e6) return `${number(value / 1e6, 2)} M`;
  if (size >= 100 || Number.isInteger(value)) return number(value, 0);
  return number(value, size >= 10 ? 1 : 2);
}

// A rate: 0.5, 12.3, 950, 12.4 k, 1.25 M
export function rate(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 1e9) return `${number(value / 1e9, 2)} G`;
  if (size >= 1e6) return `${number(value / 1e6, 2)} M`;
  if (size >= 10_000) return `${number(value / 1e3, 1)} k`;
  if (size >= 100) return number(value, 0);
  return number(value, size >= 10 ? 1 : 2);
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${number(size, unit === 0 || size >= 100 ? 0 : 1)} ${units[unit]}`;
}

// 12 ms, 1.5 s, 3 min 20 s, 2 h 5 min, 3 d 4 h
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${number(ms / 1000, 1)} s`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

// "5 min ago"; what lies ahead: "in 5 min".
export function ago(time: string | null | undefined, now: number): string {
  const at = time ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(at)) return UNKNOWN;
  const passed = now - at;
  if (Math.abs(passed) < 1500) return "now";
  const whole = Math.round(Math.abs(passed) / 1000) * 1000;
  const long = whole >= 3_600_000 ? Math.floor(whole / 60_000) * 60_000 : whole;
  const text = duration(long);
  return passed < 0 ? `in ${text}` : `${text} ago`;
}

// A moment in this browser's time zone: 2026-01-31 14:05:09
export function moment(time: string | number | null | undefined): string {
  const at = time === null || time === undefined ? null : new Date(time);
  if (!at || Number.isNaN(at.getTime())) return UNKNOWN;
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
