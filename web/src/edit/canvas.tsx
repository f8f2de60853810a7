// The draft on the map: the ground as it would be built, and handles on what can be moved.

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Camera } from "../map/camera.ts";
import { palettes } from "../map/colours.ts";
import { Ground, line, path } from "../map/ground.ts";
import { Plan } from "../map/plan.ts";
import { theme } from "../state/view.ts";
import { change, type Chosen, chosen, findings, ground, handles, type Kind, KINDS, moveHandle, problems, raw, rowAt, rowOf, type Table, whereIs } from "./draft.ts";

const REACH_PX = 9;
const HELD: Kind[] = ["roads", "zones", "nodes", "block_rows", "blocks"];

export const editor: { camera: Camera; fit: () => void; draw: () => void; tool: string; pen: [number, number][] } = {
  camera: new Camera(), fit: () => {}, draw: () => {}, tool: "", pen: [],
};

export function EditCanvas({ onDrawn }: { onDrawn: (points: [number, number][]) => void }) {
  const host = useRef<HTMLDivElement>(null), below = useRef<HTMLCanvasElement>(null), above = useRef<HTMLCanvasElement>(null);
  const plan = useRef<Plan | null>(null);
  const fitted = useRef(false);
  const drawn = useRef(onDrawn);
  drawn.current = onDrawn;
  useSignalEffect(() => {
    const doc = ground.value;
    const first = plan.current === null;
    if (doc) plan.current = new Plan({ ...doc, movements: [], truck: { length_m: 15, width_m: 3 }, points: { count: 0, groups: [] } });
    if (first && (plan.current || raw.peek())) editor.fit();
    editor.draw();
  });
  useSignalEffect(() => {
    const begins = raw.value !== null && plan.current === null && !fitted.current;
    void [chosen.value, problems.value, findings.value, theme.value];
    if (begins) {
      fitted.current = true;
      editor.fit();
    }
    editor.draw();
  });
  useEffect(() => {
    const box = host.current!, camera = editor.camera;
    let asked = false;
    const paint = (): void => {
      asked = false;
      const ratio = Math.min(1.5, devicePixelRatio || 1), p = palettes[theme.peek()];
      for (const canvas of [below.current!, above.current!]) {
        const width = Math.round(box.clientWidth * ratio), height = Math.round(box.clientHeight * ratio);
        if (canvas.width !== width || canvas.height !== height) {
          canvas.width = width;
          canvas.height = height;
        }
      }
      camera.resize(box.clientWidth, box.clientHeight);
      if (!plan.current) {
        const g = below.current!.getContext("2d", { alpha: false })!;
        g.setTransform(1, 0, 0, 1, 0, 0);
        g.fillStyle = p.land;
        g.fillRect(0, 0, below.current!.width, below.current!.height);
      } else {
        new Ground(plan.current).draw(below.current!.getContext("2d", { alpha: false })!, camera, ratio, p, { vessels: new Map(), closed: new Set(), heat: null });
      }
      paintHandles(above.current!.getContext("2d")!, camera, ratio);
    };
    editor.draw = () => {
      if (!asked) requestAnimationFrame(paint);
      asked = true;
    };
    editor.fit = () => {
      camera.resize(box.clientWidth, box.clientHeight);
      const [low, high] = plan.current ? [plan.current.low, plan.current.high] : extent();
      camera.fit(low, high, 40);
      editor.draw();
    };
    const watcher = new ResizeObserver(() => editor.draw());
    watcher.observe(box);
    editor.fit();
    return () => watcher.disconnect();
  }, []);
  const hold = useRef<{ x: number; y: number; handle: Chosen | null; moved: boolean } | null>(null);
  const at = (e: PointerEvent | WheelEvent): [number, number] => {
    const box = host.current!.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  };
  return (
    <div class="map" ref={host} data-test="edit-map" tabIndex={0}
      onPointerDown={(e) => {
        const [px, py] = at(e), handle = editor.tool ? null : grab(px, py);
        host.current!.setPointerCapture(e.pointerId);
        hold.current = { x: px, y: py, handle, moved: false };
        if (handle) chosen.value = handle;
      }}
      onPointerMove={(e) => {
        const h = hold.current;
        if (!h) return;
        const [px, py] = at(e);
        if (!h.moved && Math.hypot(px - h.x, py - h.y) < 4) return;
        if (h.handle) {
          const [x, y] = editor.camera.toWorld(px, py), begins = !h.moved;
          change((draft) => moveHandle(draft, h.handle!, x, y), begins);
        } else {
          editor.camera.move(px - h.x, py - h.y);
          h.x = px;
          h.y = py;
          editor.draw();
        }
        h.moved = true;
      }}
      onPointerUp={(e) => {
        const h = hold.current;
        hold.current = null;
        if (!h || h.moved) return;
        const world = editor.camera.toWorld(...at(e));
        if (editor.tool) {
          editor.pen = [...editor.pen, [Math.round(world[0] * 10) / 10, Math.round(world[1] * 10) / 10]];
          drawn.current(editor.pen);
          editor.draw();
        } else if (!h.handle) chosen.value = nearRoad(world[0], world[1]);
      }}
      onWheel={(e) => {
        e.preventDefault();
        editor.camera.zoom(Math.exp(-e.deltaY * 0.0014), ...at(e));
        editor.draw();
      }}>
      <canvas class="map-canvas" ref={below} /><canvas class="map-canvas" ref={above} />
    </div>
  );
}

/** A rectangle around all handles, for a draft that has no ground plan. */
function extent(): [[number, number], [number, number]] {
  const points = HELD.flatMap((kind) => rowsOf(kind).flatMap((row) => handles(kind, row))).filter((p) => p.every(Number.isFinite));
  if (points.length === 0) return [[0, 0], [500, 300]];
  const x = points.map((p) => p[0]), y = points.map((p) => p[1]);
  return [[Math.min(...x), Math.min(...y)], [Math.max(...x), Math.max(...y)]];
}

function rowsOf(kind: Kind): Table[] {
  return (raw.peek()?.[kind] ?? []) as Table[];
}

function grab(px: number, py: number): Chosen | null {
  let best = REACH_PX, found: Chosen | null = null;
  for (const kind of HELD) {
    rowsOf(kind).forEach((row, index) => handles(kind, row).forEach((p, point) => {
      const [x, y] = editor.camera.toScreen(p[0], p[1]), far = Math.hypot(x - px, y - py);
      if (far < best) [best, found] = [far, { kind, index, point }];
    }));
  }
  return found;
}

function nearRoad(x: number, y: number): Chosen | null {
  let best = 12 / editor.camera.scale, found: Chosen | null = null;
  rowsOf("roads").forEach((row, index) => {
    const points = (row["points"] ?? []) as [number, number][];
    for (let i = 1; i < points.length; i++) {
      const [ax, ay] = points[i - 1]!, [bx, by] = points[i]!, dx = bx - ax, dy = by - ay;
      const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      const far = Math.hypot(x - ax - t * dx, y - ay - t * dy);
      if (far < best) [best, found] = [far, { kind: "roads", index, point: null }];
    }
  });
  return found;
}

function paintHandles(g: CanvasRenderingContext2D, camera: Camera, ratio: number): void {
  const p = palettes[theme.peek()], px = 1 / camera.scale;
  g.setTransform(1, 0, 0, 1, 0, 0);
  g.clearRect(0, 0, g.canvas.width, g.canvas.height);
  camera.apply(g, ratio);
  const wrong = new Set(problems.peek().map((q) => rowOf(q.key)).filter((c) => c !== null).map((c) => `${c.kind}/${c.index}`));
  for (const kind of KINDS) {
    rowsOf(kind).forEach((row, index) => {
      const points = handles(kind, row), isChosen = chosen.peek()?.kind === kind && chosen.peek()?.index === index;
      const colour = wrong.has(`${kind}/${index}`) ? p.alarm : isChosen ? p.select : p.quiet;
      if (kind === "roads" && points.length > 1) line(g, points, colour, (isChosen ? 2.4 : 1) * px);
      if (kind === "zones" && points.length > 2) {
        path(g, points, true);
        g.strokeStyle = colour;
        g.stroke();
      }
      g.fillStyle = colour;
      for (const [x, y] of points) {
        const half = (isChosen ? 5 : 3.5) * px;
        g.fillRect(x - half, y - half, 2 * half, 2 * half);
      }
    });
  }
  const marks = findings.peek().map((f) => ({ where: whereIs(f.item), isError: f.severity === "error" }));
  for (const problem of problems.peek()) {
    const at = rowOf(problem.key);
    marks.push({ where: at ? rowAt(at.kind, rowsOf(at.kind)[at.index]!) : null, isError: true });
  }
  marks.sort((a, b) => Number(a.isError) - Number(b.isError)); // errors above
  for (const { where, isError } of marks) {
    if (!where) continue;
    g.strokeStyle = isError ? p.alarm : p.warn;
    g.lineWidth = 2 * px;
    g.beginPath();
    g.arc(where[0], where[1], Math.max(9 * px, 6), 0, 7);
    g.stroke();
  }
  if (editor.pen.length) {
    line(g, editor.pen, p.select, 2 * px);
    g.fillStyle = p.select;
    for (const [x, y] of editor.pen) g.fillRect(x - 4 * px, y - 4 * px, 8 * px, 8 * px);
  }
}
