// A small line without axes, from 0 to the highest value.
import { useId } from "react";

const WIDTH = 96;
const HEIGHT = 24;

export function sparkPath(values: (number | null)[], width = WIDTH, height = HEIGHT): { line: string; area: string } {
  const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${(height - 1.5 - ((value ?? 0) / most) * (height - 3)).toFixed(1)}`);
  const line = points.length ? `M${points.join("L")}` : "";
  return { line, area: points.length ? `${line}L${width},${height}L0,${height}Z` : "" };
}

export function Sparkline({ values, label }: { values: (number | null)[]; label: string }) {
  const id = useId();
  if (values.length < 2) return <span className="spark none" aria-hidden="true" />;
  const { line, area } = sparkPath(values.slice(-60));
  return (
    <svg className="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={id}>
      <title id={id}>{label}</title>
      <path className="spark-area" d={area} />
      <path className="spark-line" d={line} />
    </svg>
  );
}
