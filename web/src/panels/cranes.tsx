// The crane timeline: a bar a move, a lane a crane, the last hour and a half.

import { useEffect, useRef, useState } from "preact/hooks";
import { coded, t } from "../i18n/index.ts";
import { palettes } from "../map/colours.ts";
import { clock, clockText } from "../state/clock.ts";
import { intend } from "../state/commands.ts";
import { tables } from "../state/tables.ts";
import { selection, theme } from "../state/view.ts";
import { VirtualTable } from "../ui/virtual_table.tsx";

const ROW_PX = 20, LEFT_PX = 62;

export function Cranes() {
  const rows = [...tables.read("cranes")].map(([id, row]) => ({ id, ...row }) as Record<string, any> & { id: string });
  rows.sort((a, b) => Number(b["kind"] === "quay") - Number(a["kind"] === "quay") || a.id.localeCompare(b.id));
  return (
    <div class="panel-body" data-test="panel-cranes">
      <Gantt cranes={rows.filter((r) => r["kind"] === "quay").map((r) => r.id)} />
      <VirtualTable rows={rows} id={(r) => r.id} test="cranes" chosen={(r) => selection.value?.id === r.id}
        onClick={(r) => (selection.value = { kind: r["kind"] === "quay" ? "quay_crane" : "yard_crane", id: r.id })}
        columns={[
          { key: "id", title: t("crane"), width: "62px", cell: (r) => r.id, sortBy: (r) => r.id },
          { key: "state", title: t("state"), width: "1fr", cell: (r) => coded("crane_", r["state"]), sortBy: (r) => r["state"] },
          { key: "truck", title: t("truck"), width: "46px", cell: (r) => r["truck"] ?? "" },
          { key: "done", title: t("done"), width: "44px", cell: (r) => r["done"], sortBy: (r) => r["done"], right: true },
          { key: "rate", title: t("rate"), width: "56px", right: true, sortBy: (r) => r["rate"],
            cell: (r) => (r["plan_rate"] ? `${r["rate"].toFixed(0)} / ${r["plan_rate"].toFixed(0)}` : r["rate"].toFixed(0)) },
          { key: "queue", title: "", width: "74px", cell: (r) => r["todo"] === null ? "" : (
            <button class="small" onClick={(e) => {
              e.stopPropagation();
              intend({ word: r["active"] ? "suspend_queue" : "activate_queue", subject: r.id, name: "queue", arguments: { crane: r.id, active: !r["active"] } });
            }}>{t(r["active"] ? "suspend_queue" : "activate_queue")}</button>) },
        ]} />
    </div>
  );
}

function Gantt({ cranes }: { cranes: string[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [spanMin, setSpanMin] = useState(60);
  const moves = tables.read("moves");
  const now = clock.value.now_ms, last = Math.max(now, clock.value.last_ms * Number(clock.value.live));
  void theme.value;
  useEffect(() => {
    const c = canvas.current;
    if (!c) return;
    const ratio = devicePixelRatio || 1, wide = c.clientWidth, high = cranes.length * ROW_PX + 18;
    c.width = wide * ratio;
    c.height = high * ratio;
    c.style.height = `${high}px`;
    const g = c.getContext("2d")!, p = palettes[theme.peek()];
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.font = '11px system-ui, "Noto Sans CJK SC", sans-serif';
    const from = last - spanMin * 60_000, scale = (wide - LEFT_PX - 6) / (spanMin * 60_000);
    const every = spanMin > 45 ? 600_000 : 300_000;
    g.fillStyle = p.quiet;
    for (let at = Math.max(0, Math.ceil(from / every) * every); at <= last; at += every) {
      const x = LEFT_PX + (at - from) * scale;
      g.fillRect(x, 0, 0.5, high - 16);
      g.fillText(clockText(at).slice(0, 5), x - 13, high - 4);
    }
    cranes.forEach((id, i) => {
      g.fillStyle = selection.peek()?.id === id ? p.select : p.text;
      g.fillText(id, 4, i * ROW_PX + 14);
    });
    for (const row of moves.values()) {
      const i = cranes.indexOf(row["crane"]);
      if (i < 0 || row["to_ms"] < from) continue;
      const x = LEFT_PX + Math.max(0, (row["from_ms"] - from) * scale), end = LEFT_PX + (row["to_ms"] - from) * scale;
      g.fillStyle = row["kind"] === "load" ? p.boxes[0]! : p.boxes[3]!;
      g.fillRect(x, i * ROW_PX + 3, Math.max(1.5, end - x - 1), ROW_PX - 7);
    }
  }, [moves, moves.size, now, spanMin, theme.value, selection.value]);
  const pick = (e: MouseEvent): void => {
    const id = cranes[Math.floor(e.offsetY / ROW_PX)];
    if (id) selection.value = { kind: "quay_crane", id };
  };
  return (
    <canvas ref={canvas} class="gantt" data-test="gantt" data-moves={moves.size} onClick={pick}
      onWheel={(e) => { e.preventDefault(); setSpanMin(Math.min(170, Math.max(10, spanMin * Math.exp(e.deltaY * 0.001)))); }} />
  );
}
