// What stands still, drawn flat: water, roads with markings, places, blocks with their stacks, vessels, zones.

import type { Row } from "../state/tables.ts";
import type { Block, Line } from "../wire/terminal.ts";
import type { Camera } from "./camera.ts";
import { type Palette, hashOf, heatColour } from "./colours.ts";
import { at, BERTH_M, blockCorners, blockFrame, type Plan, quayFrame } from "./plan.ts";

const BOX_LONG_M = 12.2, BOX_SHORT_M = 6.1, BOX_WIDE_M = 2.44;
const HEAT_CELL_M = 10;
export const FONT = '"Segoe UI", "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif';

/** Top box of every stack, and how many stand in it. */
export interface Stack { block: Block; bay: number; row: number; tiers: number; feet: number; id: string }

export function stacksOf(plan: Plan, boxes: Map<string, Row>): Stack[] {
  const found = new Map<string, Stack>();
  for (const [id, box] of boxes) {
    const block = plan.blocks.get(box["b"]);
    if (!block) continue;
    const key = `${box["b"]}/${box["y"]}/${box["r"]}`;
    const old = found.get(key);
    if (!old || old.tiers < box["t"]) found.set(key, { block, bay: box["y"], row: box["r"], tiers: box["t"], feet: box["f"], id });
  }
  return [...found.values()];
}

export class Ground {
  stacks: Stack[] = [];

  constructor(private readonly plan: Plan) {}

  draw(g: CanvasRenderingContext2D, camera: Camera, ratio: number, p: Palette, rows: {
    vessels: Map<string, Row>; closed: Set<string>; heat: Map<string, Row> | null;
  }): void {
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.fillStyle = p.land;
    g.fillRect(0, 0, g.canvas.width, g.canvas.height);
    camera.apply(g, ratio);
    const px = 1 / camera.scale;
    this.water(g, p, px);
    this.vessels(g, p, px, rows.vessels);
    this.roads(g, p, px, camera.scale);
    this.zones(g, p, px);
    this.closed(g, p, px, rows.closed);
    this.places(g, p, px, camera.scale);
    for (const block of this.plan.doc.blocks) this.block(g, p, px, block, camera.scale);
    this.boxes(g, p, camera.scale);
    if (rows.heat) this.heat(g, rows.heat);
    this.labels(g, camera, ratio, p, rows.vessels);
  }

  private water(g: CanvasRenderingContext2D, p: Palette, px: number): void {
    const quay = this.plan.doc.quay;
    if (!quay) return;
    const f = quayFrame(quay), far = 20_000, edge = -4;
    path(g, [at(f, -far, edge), at(f, far, edge), at(f, far, -far), at(f, -far, -far)], true);
    g.fillStyle = p.water;
    g.fill();
    line(g, [at(f, -far, edge), at(f, far, edge)], p.quay, Math.max(1.2, 2 * px));
    const long = (quay.bays - 0.5) * quay.bay_pitch_m;
    for (const v of [0, quay.gauge_m]) line(g, [at(f, -quay.bay_pitch_m / 2, v), at(f, long, v)], p.quay, Math.max(0.35, 0.8 * px));
  }

  private vessels(g: CanvasRenderingContext2D, p: Palette, px: number, vessels: Map<string, Row>): void {
    const quay = this.plan.doc.quay;
    if (!quay) return;
    for (const row of vessels.values()) {
      const u0 = (row["bay_start"] - 2) * quay.bay_pitch_m, u1 = row["bay_end"] * quay.bay_pitch_m, f = quayFrame(quay);
      const bow = Math.min(26, (u1 - u0) / 4);
      path(g, [at(f, u0, -8), at(f, u1 - bow, -8), at(f, u1, -8 - BERTH_M / 2), at(f, u1 - bow, -8 - BERTH_M), at(f, u0, -8 - BERTH_M)], true);
      g.fillStyle = p.vessel;
      g.fill();
      g.strokeStyle = p.blockEdge;
      g.lineWidth = Math.max(0.4, px);
      g.stroke();
      for (let bay = row["bay_start"]; bay < row["bay_end"]; bay++) {
        const u = (bay - 0.5) * quay.bay_pitch_m;
        if (u < u1 - bow) line(g, [at(f, u, -10), at(f, u, -6 - BERTH_M)], p.blockEdge, Math.max(0.15, 0.5 * px));
      }
    }
  }

  private roads(g: CanvasRenderingContext2D, p: Palette, px: number, scale: number): void {
    g.lineJoin = g.lineCap = "round";
    for (const [colour, more] of [[p.roadEdge, Math.max(0.5, 1.2 * px)], [p.road, 0]] as const) {
      for (const road of this.plan.roads) line(g, road.line, colour, road.width_m + more);
    }
    if (scale < 1.4) return;
    g.lineCap = "butt";
    g.strokeStyle = p.mark;
    g.lineWidth = 0.35;
    g.beginPath();
    for (const road of this.plan.roads) {
      for (const [x, y, heading] of road.arrows) {
        const c = Math.cos(heading), s = Math.sin(heading);
        g.moveTo(x - c - 0.8 * s * -1, y - s + 0.8 * c * -1);
        g.lineTo(x + 0.6 * c, y + 0.6 * s);
        g.lineTo(x - c - 0.8 * s, y - s + 0.8 * c);
      }
    }
    g.stroke();
  }

  private zones(g: CanvasRenderingContext2D, p: Palette, px: number): void {
    for (const zone of this.plan.doc.zones) {
      path(g, zone.polygon, true);
      g.setLineDash([4, 2.5]);
      g.strokeStyle = zone.closed ? p.closed : p.warn;
      g.lineWidth = Math.max(0.4, px);
      g.stroke();
      g.setLineDash([]);
    }
  }

  private closed(g: CanvasRenderingContext2D, p: Palette, px: number, closed: Set<string>): void {
    for (const id of closed) {
      const lane = this.plan.lanes.get(id);
      if (!lane) continue;
      g.setLineDash([2.4, 1.6]);
      line(g, lane.line, p.closed, Math.max(lane.width_m * 0.7, 3 * px));
      g.setLineDash([]);
    }
  }

  private places(g: CanvasRenderingContext2D, p: Palette, px: number, scale: number): void {
    if (scale < 0.9) return;
    const { length_m: long, width_m: wide } = this.plan.doc.truck;
    for (const kind of [false, true]) {
      g.strokeStyle = kind ? p.charge : p.place;
      g.lineWidth = Math.max(0.18, 0.7 * px);
      g.beginPath();
      for (const place of this.plan.doc.places) {
        if ((place.kind === "charging") !== kind) continue;
        const c = Math.cos(place.heading), s = Math.sin(place.heading);
        for (let i = 0; i < 5; i++) {
          const u = (i === 0 || i >= 3 ? -0.5 : 0.5) * long, v = (i === 1 || i === 0 || i === 4 ? -0.5 : 0.5) * wide;
          g[i === 0 ? "moveTo" : "lineTo"](place.x + c * u - s * v, place.y + s * u + c * v);
        }
      }
      g.stroke();
    }
  }

  private block(g: CanvasRenderingContext2D, p: Palette, px: number, block: Block, scale: number): void {
    path(g, blockCorners(block), true);
    g.fillStyle = p.block;
    g.fill();
    g.strokeStyle = p.blockEdge;
    g.lineWidth = Math.max(0.25, px);
    g.stroke();
    if (scale < 1.2) return;
    const f = blockFrame(block), v0 = -block.row_pitch_m / 2, v1 = (block.rows - 0.5) * block.row_pitch_m;
    g.lineWidth = Math.max(0.1, 0.5 * px);
    g.beginPath();
    for (let bay = 1; bay < block.bays; bay++) {
      const u = (bay - 0.5) * block.bay_pitch_m;
      g.moveTo(...at(f, u, v0));
      g.lineTo(...at(f, u, v1));
    }
    g.stroke();
  }

  private boxes(g: CanvasRenderingContext2D, p: Palette, scale: number): void {
    for (const stack of this.stacks) {
      const f = blockFrame(stack.block), u = (stack.bay - 1) * stack.block.bay_pitch_m, v = (stack.row - 1) * stack.block.row_pitch_m;
      const [x, y] = at(f, u, v), c = Math.cos(f.axis), s = Math.sin(f.axis);
      const half = (stack.feet <= 20 ? BOX_SHORT_M : BOX_LONG_M) / 2, wide = BOX_WIDE_M / 2;
      g.beginPath();
      g.moveTo(x - c * half + s * wide, y - s * half - c * wide);
      g.lineTo(x + c * half + s * wide, y + s * half - c * wide);
      g.lineTo(x + c * half - s * wide, y + s * half + c * wide);
      g.lineTo(x - c * half - s * wide, y - s * half + c * wide);
      g.closePath();
      g.globalAlpha = 0.35 + 0.65 * (stack.tiers / stack.block.tiers);
      g.fillStyle = p.boxes[hashOf(stack.id) % p.boxes.length]!;
      g.fill();
    }
    g.globalAlpha = 1;
    if (scale < 4) return;
    g.fillStyle = p.text;
    for (const stack of this.stacks) {
      const [x, y] = at(blockFrame(stack.block), (stack.bay - 1) * stack.block.bay_pitch_m, (stack.row - 1) * stack.block.row_pitch_m);
      upright(g, x, y, stack.block.axis, 1.3, scale > 9 ? `${stack.id}  ${stack.tiers}` : String(stack.tiers));
    }
  }

  private heat(g: CanvasRenderingContext2D, heat: Map<string, Row>): void {
    let most = 60;
    for (const row of heat.values()) most = Math.max(most, row["w"]);
    for (const [cell, row] of heat) {
      const [x, y] = cell.split(":").map(Number);
      const share = Math.sqrt(row["w"] / most);
      g.fillStyle = heatColour(share, 0.15 + 0.6 * share);
      g.fillRect(x! * HEAT_CELL_M, y! * HEAT_CELL_M, HEAT_CELL_M, HEAT_CELL_M);
    }
  }

  private labels(g: CanvasRenderingContext2D, camera: Camera, ratio: number, p: Palette, vessels: Map<string, Row>): void {
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.textAlign = "center";
    g.textBaseline = "middle";
    const write = (x: number, y: number, text: string, px: number, colour: string): void => {
      const [sx, sy] = camera.toScreen(x, y);
      if (sx < -50 || sy < -20 || sx > camera.width + 50 || sy > camera.height + 20) return;
      g.font = `600 ${px}px ${FONT}`;
      g.fillStyle = colour;
      g.fillText(text, sx, sy);
    };
    for (const block of this.plan.doc.blocks) {
      const f = blockFrame(block);
      const [x, y] = at(f, -block.bay_pitch_m / 2 - 7 / Math.max(camera.scale, 0.8), ((block.rows - 1) / 2) * block.row_pitch_m);
      if (camera.scale > 0.35) write(x, y, block.id, Math.min(22, 9 + 3 * camera.scale), p.quiet);
    }
    const quay = this.plan.doc.quay;
    if (quay) {
      for (const [id, row] of vessels) {
        const u = ((row["bay_start"] + row["bay_end"]) / 2 - 1) * quay.bay_pitch_m;
        write(...at(quayFrame(quay), u, -8 - BERTH_M / 2), `${id}   ${row["done"]} / ${row["done"] + row["todo"]}`, 12, p.quiet);
      }
    }
    for (const gate of this.plan.doc.gates) {
      const place = this.plan.places.get(gate.in);
      if (place && camera.scale > 1.6) write(place.x - 14 * Math.cos(place.heading), place.y - 14 * Math.sin(place.heading), gate.id, 11, p.quiet);
    }
    if (camera.scale < 3) return;
    for (const place of this.plan.doc.places) write(place.x, place.y, place.id, Math.min(13, 2.4 * camera.scale), p.mark);
  }
}

export function path(g: CanvasRenderingContext2D, points: Line, close: boolean): void {
  g.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? g.moveTo(x, y) : g.lineTo(x, y)));
  if (close) g.closePath();
}

export function line(g: CanvasRenderingContext2D, points: Line, colour: string, width: number): void {
  path(g, points, false);
  g.strokeStyle = colour;
  g.lineWidth = width;
  g.stroke();
}

/** Text at a point of the world, along an axis, `size` metres high; the world's y axis points up. */
export function upright(g: CanvasRenderingContext2D, x: number, y: number, axis: number, size: number, text: string): void {
  g.save();
  g.translate(x, y);
  g.rotate(Math.abs(Math.cos(axis)) < 0.01 ? axis : Math.cos(axis) < 0 ? axis + Math.PI : axis);
  g.scale(1, -1);
  g.font = `600 ${size}px ${FONT}`;
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.fillText(text, 0, 0);
  g.restore();
}
