// Line icons of 16 by 16, in the colour of the text around them. What they mean is said beside them, or by their button's label.
import type { ReactNode } from "react";

const PATHS = {
  plus: "M8 3v10M3 8h10",
  play: "M5 3.500l7 4.500-7 4.500z",
  stop: "M4.500 4.500h7v7h-7z",
  restart: "M13 8a5 5 0 1 1-1.600-3.670M13 2.500v2.300h-2.300",
  edit: "M10.700 3.300l2 2L6 12l-2.600.600.600-2.600z",
  trash: "M3.500 4.500h9M6.500 4.500v-1.500h3v1.500M4.700 4.500l.600 8.500h5.400l.600-8.500",
  search: "M7 11.500a4.500 4.500 0 1 1 0-9 4.500 4.500 0 0 1 0 9zM10.300 10.300l3.200 3.200",
  sun: "M8 5.200a2.800 2.800 0 1 1 0 5.600 2.800 2.800 0 0 1 0-5.600zM8 1.500v1.300M8 13.200v1.300M1.500 8h1.300M13.200 8h1.300M3.400 3.400l.900.900M11.700 11.700l.900.900M3.400 12.600l.900-.900M11.700 4.300l.900-.900",
  moon: "M13 9.600A5.500 5.500 0 0 1 6.400 3a5.500 5.500 0 1 0 6.600 6.600z",
  auto: "M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11zM8 2.500v11M8 5h4.500M8 8h5.500M8 11h4.500",
  help: "M8 14A6 6 0 1 1 8 2a6 6 0 0 1 0 12zM6.300 6.300a1.750 1.750 0 1 1 2.500 1.600c-.500.250-.800.500-.800 1.200M8 11.200v.100",
  signOut: "M6.500 2.500h-3v11h3M10 5l3 3-3 3M13 8H6.500",
  check: "M3.500 8.500l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  dash: "M4 8h8",
  warning: "M8 2.500l6 10.500H2zM8 6.500v3M8 11.300v.100",
  info: "M8 14A6 6 0 1 1 8 2a6 6 0 0 1 0 12zM8 7.300v3.700M8 5v.100",
  chevron: "M6 4l4 4-4 4",
  copy: "M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8z",
  database: "M8 6c3 0 5-.900 5-2s-2-2-5-2-5 .900-5 2 2 2 5 2zM3 4v8c0 1.100 2 2 5 2s5-.900 5-2V4M3 8c0 1.100 2 2 5 2s5-.900 5-2",
  flow: "M2 5c3 0 3 2 6 2s3-2 6-2M2 9c3 0 3 2 6 2s3-2 6-2",
  key: "M10 9.500a3.500 3.500 0 1 0-3.300-2.300L2.500 11.500v2h2.500v-1.500h1.500v-1.500l1.200-1.300c.700.200 1.500.300 2.300.300zM10.700 5.300v.100",
  download: "M8 2.500v7M5 7l3 3 3-3M3 13h10",
  external: "M9.500 3h3.500v3.500M13 3L7.500 8.500M11 9.500V13H3V5h3.500",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo({ size = 24 }: { size?: number }): ReactNode {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" />
      <path d="M6 10.500c5 0 5 3 10 3s5-3 10-3" opacity=".55" />
      <path d="M6 16c5 0 5 3 10 3s5-3 10-3" />
      <path d="M6 21.500c5 0 5 3 10 3s5-3 10-3" opacity=".55" />
    </svg>
  );
}
