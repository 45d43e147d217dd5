// Lines over time. The figures under the pointer stand above them; without a pointer the last ones.
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { moment } from "../lib/format";
import { useShownTheme } from "../lib/theme";

export interface Line {
  label: string;
  values: (number | null)[];
  tone: 1 | 2; // which of the series' colours
}
interface SeriesChartProps {
  title: string;
  at: number[]; // milliseconds since 1970
  lines: Line[];
  format: (value: number | null) => string;
  binary?: boolean; // round figures are powers of two: bytes
  least?: number; // the axis reaches at least so far
  height?: number;
}

const BINARY = Array.from({ length: 50 }, (_, i) => 2 ** i);
const two = (value: number) => String(value).padStart(2, "0");
function clock(seconds: number, withSeconds: boolean): string {
  const at = new Date(seconds * 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}${withSeconds ? `:${two(at.getSeconds())}` : ""}`;
}

export default function SeriesChart({ title, at, lines, format, binary = false, least = 4, height = 150 }: SeriesChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const theme = useShownTheme();
  const [pointed, setPointed] = useState<number | null>(null);
  const shape = lines.map((line) => `${line.label}/${line.tone}`).join();
  const formatter = useRef(format);
  formatter.current = format;
  const data = useMemo(() => [at.map((ms) => ms / 1000), ...lines.map((line) => line.values)] as uPlot.AlignedData, [at, lines]);
  const latestData = useRef(data);
  latestData.current = data;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const colour = (name: string, opacity = 1) => resolved(element, name, opacity);
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: `11px ${getComputedStyle(element).fontFamily}` };
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, sync: { key: "laminar" } },
        scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(most * 1.08, least)] } },
        axes: [
          { ...axis, space: 70, size: 26, values: (_, splits) => splits.map((each) => clock(each, (splits[1] ?? 0) - (splits[0] ?? 0) < 60)) },
          { ...axis, size: 64, space: 34, ...(binary && { incrs: BINARY }), values: (_, splits) => splits.map((each) => formatter.current(each)) },
        ],
        series: [
          {},
          ...lines.map((line) => ({ label: line.label, stroke: colour(`--series-${line.tone}`), width: 1.6, fill: lines.length === 1 ? colour(`--series-${line.tone}`, 0.1) : "transparent", points: { show: false } })),
        ],
        hooks: { setCursor: [(self) => setPointed(self.cursor.idx ?? null)] },
      },
      latestData.current,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // Values alone do not make a new plot.
  }, [theme, height, shape]);
  useEffect(() => plot.current?.setData(data), [data]);

  const index = pointed ?? at.length - 1;
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <span className="chart-title">{title}</span>
        {lines.map((line) => (
          <span key={line.label} className="chart-figure">
            <span className={`chart-key tone-${line.tone}`} aria-hidden="true" />
            {lines.length > 1 && <span className="muted">{line.label}</span>} <span className="number">{format(line.values[index] ?? null)}</span>
          </span>
        ))}
        <span className="chart-time muted number">{pointed !== null ? moment(at[index]).slice(11) : ""}</span>
      </figcaption>
      <div ref={box} className="chart-plot" role="img" aria-label={`${title}: ${lines.map((line) => `${line.label} ${format(line.values.at(-1) ?? null)}`).join(", ")}`} />
    </figure>
  );
}

// A colour of the style sheet as a canvas knows it.
function resolved(within: Element, name: string, opacity = 1): string {
  const probe = document.createElement("span");
  probe.style.color = opacity < 1 ? `color-mix(in srgb, var(${name}) ${opacity * 100}%, transparent)` : `var(${name})`;
  within.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
