// All data points: a table to filter and sort, a wall of all of them, and plots of those that are chosen.

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { coded, t } from "../i18n/index.ts";
import { clock, clockText } from "../state/clock.ts";
import { type History, stream } from "../state/stream.ts";
import { theme } from "../state/view.ts";
import { NO_VALUE } from "../wire/frames.ts";
import type { PointRef } from "../wire/points.ts";
import { VirtualTable } from "../ui/virtual_table.tsx";

const PLOTS_MAX = 4, WINDOW_MS = 600_000, REFRESH_MS = 500;
const COLOURS = ["#6fb1e0", "#d6a24a", "#7fbf8f", "#c98bb9"];

/** Indices of the points that are plotted. */
export const plotted = signal<number[]>([]);

export function togglePlot(index: number): void {
  const rest = plotted.value.filter((i) => i !== index);
  plotted.value = rest.length < plotted.value.length ? rest : [...rest.slice(1 - PLOTS_MAX), index];
}

export function pointText(ref: PointRef, raw: number | undefined): string {
  if (raw === undefined || raw === NO_VALUE) return "–";
  if (ref.spec.values) return ref.spec.values[raw] ?? String(raw);
  const digits = Math.max(0, Math.min(3, Math.round(-Math.log10(ref.spec.step))));
  return (raw * ref.spec.step).toFixed(digits);
}

export function Points() {
  const [filter, setFilter] = useState("");
  const [kind, setKind] = useState("");
  const [wall, setWall] = useState(false);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const points = stream.points, values = stream.reader?.values;
  if (!points || !values) return null;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = points.all.filter((r) => (!kind || r.group.kind === kind) && words.every((w) => `${r.device} ${r.spec.name}`.toLowerCase().includes(w)));
  return (
    <div class="panel-body" data-test="panel-points" data-count={points.all.length}>
      <div class="tools">
        <input type="search" placeholder={t("filter")} value={filter} data-test="points-filter" onInput={(e) => setFilter(e.currentTarget.value)} />
        <select value={kind} onChange={(e) => setKind(e.currentTarget.value)}>
          <option value="">{t("all")} ({points.all.length})</option>
          {[...points.groups.keys()].map((k) => <option key={k} value={k}>{coded("", k)}</option>)}
        </select>
        <button class="small" onClick={() => setWall(!wall)}>{t(wall ? "table" : "wall")}</button>
      </div>
      {plotted.value.length > 0 && <Plots />}
      {wall ? <Wall rows={rows} /> : (
        <VirtualTable rows={rows} id={(r) => String(r.index)} test="points" onClick={(r) => togglePlot(r.index)} chosen={(r) => plotted.value.includes(r.index)}
          columns={[
            { key: "device", title: t("device"), width: "70px", cell: (r) => r.device, sortBy: (r) => r.device },
            { key: "name", title: t("point"), width: "1fr", cell: (r) => <span title={r.spec.name}>{r.spec.name.slice(r.group.kind.length + 1)}</span>, sortBy: (r) => r.spec.name },
            { key: "value", title: t("value"), width: "84px", right: true, sortBy: (r) => points.value(values, r.index),
              cell: (r) => <span class={points.quality(values, r) ? "stale" : ""}>{pointText(r, values[r.index])}</span> },
            { key: "unit", title: t("unit"), width: "48px", cell: (r) => r.spec.unit },
            { key: "quality", title: t("quality"), width: "62px", sortBy: (r) => points.quality(values, r),
              cell: (r) => <span class={`quality-${points.quality(values, r)}`}>{t(`quality_${points.quality(values, r)}` as "quality_0")}</span> },
          ]} />
      )}
    </div>
  );
}

/** Every point as a cell: how far it lies between the least and the greatest of its kind. */
function Wall({ rows }: { rows: PointRef[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState("");
  useEffect(() => {
    const c = canvas.current, values = stream.reader?.values;
    if (!c || !values) return;
    const wide = c.clientWidth, size = 8, columns = Math.max(1, Math.floor(wide / size)), high = Math.ceil(rows.length / columns) * size;
    c.width = wide;
    c.height = high;
    c.style.height = `${high}px`;
    const g = c.getContext("2d")!, spans = new Map<string, [number, number]>();
    for (const r of rows) {
      const v = values[r.index]!, span = spans.get(r.spec.name) ?? [Infinity, -Infinity];
      if (v !== NO_VALUE) spans.set(r.spec.name, [Math.min(span[0], v), Math.max(span[1], v)]);
    }
    rows.forEach((r, i) => {
      const v = values[r.index]!, [low, high_] = spans.get(r.spec.name) ?? [0, 0];
      const share = high_ > low ? (v - low) / (high_ - low) : 0;
      g.fillStyle = v === NO_VALUE ? "#7a2f2a" : `hsl(207 ${12 + 30 * share}% ${theme.peek() === "dark" ? 18 + 46 * share : 88 - 46 * share}%)`;
      g.fillRect((i % columns) * size, Math.floor(i / columns) * size, size - 1, size - 1);
    });
  });
  const find = (e: MouseEvent): PointRef | undefined => {
    const columns = Math.max(1, Math.floor((canvas.current?.clientWidth ?? 8) / 8));
    return rows[Math.floor(e.offsetY / 8) * columns + Math.floor(e.offsetX / 8)];
  };
  return (
    <div class="scroll" data-test="wall">
      <p class="quiet wall-name">{hover || " "}</p>
      <canvas ref={canvas} class="wall" onClick={(e) => { const r = find(e); if (r) togglePlot(r.index); }}
        onMouseMove={(e) => { const r = find(e); setHover(r ? `${r.device} · ${r.spec.name} · ${pointText(r, stream.reader?.values[r.index])} ${r.spec.unit}` : ""); }} />
    </div>
  );
}

function Plots() {
  return <div class="plots">{plotted.value.map((index, i) => <Plot key={index} index={index} colour={COLOURS[i % COLOURS.length]!} />)}</div>;
}

/** One point over the last ten minutes: what is recorded, then what comes. */
export function Plot({ index, colour, high = 92 }: { index: number; colour: string; high?: number }) {
  const host = useRef<HTMLDivElement>(null);
  const ref = stream.points!.all[index]!;
  useEffect(() => {
    const at: number[] = [], value: number[] = [];
    const add = (ms: number, raw: number): void => {
      if (at.length && ms / 1000 <= at[at.length - 1]!) return;
      at.push(ms / 1000);
      value.push(raw === NO_VALUE ? NaN : raw * ref.spec.step);
    };
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--quiet");
    const axis = { stroke: ink, grid: { stroke: "rgba(128,140,150,.18)", width: 1 }, ticks: { show: false }, font: "10px system-ui" };
    const plot = new uPlot({
      width: host.current!.clientWidth, height: high, legend: { show: false }, cursor: { y: false }, scales: { x: { time: false } },
      series: [{}, { stroke: colour, width: 1.4 }],
      axes: [{ ...axis, size: 18, values: (_, v) => v.map((s) => clockText(1000 * s).slice(0, 8)) }, { ...axis, size: 46 }],
    }, [at, value], host.current!);
    let painted = 0, ready = false;
    const fill = async (): Promise<void> => {
      const now = clock.peek().now_ms || stream.head?.atMs || 0;
      const said = await stream.ask<History>({ c: "history", point: index, from_ms: Math.max(0, Math.round(now - WINDOW_MS)), to_ms: Math.round(now) });
      at.length = value.length = 0;
      said.at_ms.forEach((ms, i) => add(ms, said.value[i]!));
      ready = true;
      plot.setData([at, value]);
    };
    void fill();
    const off = stream.onFrame((head, values) => {
      if (!ready) return;
      if (at.length && (head.atMs / 1000 < at[at.length - 1]! - 1 || head.atMs / 1000 > at[at.length - 1]! + 600)) {
        ready = false;
        void fill();
        return;
      }
      add(head.atMs, values[index]!);
      while (at.length && at[0]! < head.atMs / 1000 - WINDOW_MS / 1000) {
        at.shift();
        value.shift();
      }
      if (performance.now() - painted > 250) {
        painted = performance.now();
        plot.setData([at, value]);
      }
    });
    return () => {
      off();
      plot.destroy();
    };
  }, [index]);
  return (
    <div class="plot" data-test="plot" data-point={ref.spec.name} data-device={ref.device}>
      <header><span style={{ color: colour }}>■</span> {ref.device} · {ref.spec.name} <span class="quiet">{ref.spec.unit}</span>
        <button class="small bare" aria-label={t("close")} onClick={() => togglePlot(index)}>×</button></header>
      <div ref={host} />
    </div>
  );
}
