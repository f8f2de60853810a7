// What moves, drawn flat ten and more times a second: ways, trucks with their boxes, cranes.

import type { Row } from "../state/tables.ts";
import type { PointIndex } from "../wire/points.ts";
import type { Camera } from "./camera.ts";
import { type Palette, hashOf, heatColour } from "./colours.ts";
import { FONT, line, path } from "./ground.ts";
import type { Motion, Pose } from "./motion.ts";
import { at, blockFrame, BOOM_BACK_M, BOOM_OUT_M, CRANE_WIDE_M, type Plan, quayFrame } from "./plan.ts";

export interface Look {
  p: Palette; colourBy: string; selected: string | null; ways: boolean; trucks: Map<string, Row>; wayRows: Map<string, Row>;
}

const pose: Pose = { x: 0, y: 0, heading: 0, speed: 0, known: false };

export class Moving {
  private readonly rows: Record<string, { first: number; count: number; step: number }> = {};

  constructor(private readonly plan: Plan, private readonly points: PointIndex) {
    for (const name of ["truck.load.boxes", "truck.battery.charge", "truck.job.waiting", "truck.fault.code", "truck.quality"]) {
      this.rows[name] = points.row(name);
    }
    for (const kind of ["quay_crane", "yard_crane"]) {
      for (const name of ["gantry.position", "trolley.position", "hoist.position", "spreader.load", "job.waiting"]) {
        this.rows[`${kind}.${name}`] = points.row(`${kind}.${name}`);
      }
    }
  }

  private value(name: string, values: Int32Array, n: number): number {
    const row = this.rows[name]!;
    return values[row.first + n]! * row.step;
  }

  draw(g: CanvasRenderingContext2D, camera: Camera, ratio: number, values: Int32Array, motions: Record<string, Motion>, nowMs: number, look: Look): void {
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, g.canvas.width, g.canvas.height);
    camera.apply(g, ratio);
    const px = 1 / camera.scale;
    this.ways(g, px, look);
    this.trucks(g, camera, values, motions["truck"]!, nowMs, look, px);
    this.roadTrucks(g, motions["road_truck"], nowMs, look.p);
    this.yardCranes(g, values, look.p, px);
    this.quayCranes(g, values, look.p, px);
    this.labels(g, camera, ratio, values, motions["truck"]!, nowMs, look);
  }

  private ways(g: CanvasRenderingContext2D, px: number, look: Look): void {
    const all = look.ways ? [...look.wayRows.keys()] : [];
    for (const id of new Set([...all, ...(look.selected ? [look.selected] : [])])) {
      const row = look.wayRows.get(id);
      if (!row) continue;
      const chosen = id === look.selected;
      g.globalAlpha = chosen ? 0.95 : 0.35;
      for (const m of row["horizon"] as number[]) {
        g.setLineDash([1.6, 1.6]);
        line(g, this.movement(m), look.p.claim, Math.max(chosen ? 0.7 : 0.35, (chosen ? 2 : 1) * px));
      }
      g.setLineDash([]);
      for (const m of row["base"] as number[]) line(g, this.movement(m), look.p.base, Math.max(chosen ? 1.1 : 0.6, (chosen ? 3 : 1.4) * px));
    }
    g.setLineDash([]);
    g.globalAlpha = 1;
  }

  private movement(m: number): [number, number][] {
    const flat = this.plan.doc.movements[m] ?? [];
    const out: [number, number][] = [];
    for (let i = 0; i + 1 < flat.length; i += 2) out.push([flat[i]! / 10, flat[i + 1]! / 10]);
    return out;
  }

  private colour(values: Int32Array, n: number, speed: number, row: Row | undefined, look: Look): string {
    const p = look.p;
    if (this.value("truck.quality", values, n) > 0) return p.mark;
    if (this.value("truck.fault.code", values, n) > 0 || row?.["why"]?.code === "unfit") return p.alarm;
    switch (look.colourBy) {
      case "speed": return heatColour(1 - speed / 8.3, 1);
      case "battery": return heatColour(1 - this.value("truck.battery.charge", values, n) / 100, 1);
      case "waiting": return heatColour(this.value("truck.job.waiting", values, n) / 300, 1);
      case "job": return row?.["job"] ? `hsl(${hashOf(String(row["to"])) % 360} 32% 60%)` : p.roadTruck;
    }
    if (row?.["paused"] || row?.["withdrawn"]) return p.warn;
    return row?.["job"] ? p.truck : p.roadTruck;
  }

  private trucks(g: CanvasRenderingContext2D, camera: Camera, values: Int32Array, motion: Motion, nowMs: number, look: Look, px: number): void {
    const { length_m: long, width_m: wide } = this.plan.doc.truck;
    const devices = this.points.groups.get("truck")!.devices;
    const least = Math.max(1, (7 * px) / long); // never smaller than 7 pixels
    for (let n = 0; n < motion.count; n++) {
      motion.pose(n, nowMs, pose);
      if (!pose.known) continue;
      const row = look.trucks.get(devices[n]!);
      const colour = this.colour(values, n, pose.speed, row, look);
      g.save();
      g.translate(pose.x, pose.y);
      g.rotate(pose.heading);
      g.scale(least, least);
      if (devices[n] === look.selected) {
        g.strokeStyle = look.p.select;
        g.lineWidth = Math.max(0.6, (2 * px) / least);
        g.strokeRect(-long / 2 - 1.4, -wide / 2 - 1.4, long + 2.8, wide + 2.8);
      }
      g.fillStyle = colour;
      g.fillRect(-long / 2, -wide / 2, long, wide);
      const boxes = this.value("truck.load.boxes", values, n);
      if (camera.scale > 1.1) {
        g.fillStyle = look.p.wheel;
        g.fillRect(-long / 2 + 0.5, -wide / 2 + 0.4, long - 3.4, wide - 0.8);
        if (boxes > 0) {
          const short = boxes === 1 && (row?.["box_ft"] ?? 40) <= 20;
          g.fillStyle = look.p.boxes[hashOf(String(row?.["box"])) % look.p.boxes.length]!;
          g.strokeStyle = colour;
          g.lineWidth = 0.25;
          for (const u of boxes > 1 ? [-6.4, -0.1] : [short ? -3.2 : -6.4]) {
            g.fillRect(u, -1.22, boxes > 1 || short ? 6.1 : 12.2, 2.44);
            g.strokeRect(u, -1.22, boxes > 1 || short ? 6.1 : 12.2, 2.44);
          }
        }
      } else if (boxes > 0) {
        g.fillStyle = look.p.truckEdge;
        g.fillRect(-long / 2 + 1, -wide / 2 + 0.7, long - 5, wide - 1.4);
      }
      g.restore();
    }
  }

  private roadTrucks(g: CanvasRenderingContext2D, motion: Motion | undefined, nowMs: number, p: Palette): void {
    for (let n = 0; motion && n < motion.count; n++) {
      motion.pose(n, nowMs, pose);
      if (!pose.known) continue;
      g.save();
      g.translate(pose.x, pose.y);
      g.rotate(pose.heading);
      g.fillStyle = p.roadTruck;
      g.fillRect(4.2, -1.25, 3, 2.5);
      g.strokeStyle = p.roadTruck;
      g.lineWidth = 0.3;
      g.strokeRect(-7.5, -1.25, 11.4, 2.5);
      g.restore();
    }
  }

  private yardCranes(g: CanvasRenderingContext2D, values: Int32Array, p: Palette, px: number): void {
    this.plan.doc.yard_cranes.forEach((crane, n) => {
      const block = this.plan.blockOfCrane.get(crane.id);
      if (!block) return;
      const f = blockFrame(block), u = this.value("yard_crane.gantry.position", values, n), v = this.value("yard_crane.trolley.position", values, n);
      const v0 = -8.5, v1 = (block.rows - 0.5) * block.row_pitch_m + 2;
      for (const du of [-4.6, 4.6]) line(g, [at(f, u + du, v0), at(f, u + du, v1)], p.crane, Math.max(0.55, 1.3 * px));
      for (const dv of [v0, v1]) line(g, [at(f, u - 5.4, dv), at(f, u + 5.4, dv)], p.crane, Math.max(0.9, 1.6 * px));
      path(g, [at(f, u - 4.2, v - 1), at(f, u + 4.2, v - 1), at(f, u + 4.2, v + 1), at(f, u - 4.2, v + 1)], true);
      g.fillStyle = this.value("yard_crane.spreader.load", values, n) > 0 ? p.craneEdge : p.crane;
      g.fill();
    });
  }

  private quayCranes(g: CanvasRenderingContext2D, values: Int32Array, p: Palette, px: number): void {
    const quay = this.plan.doc.quay;
    if (!quay) return;
    const f = quayFrame(quay), half = CRANE_WIDE_M / 2;
    this.plan.doc.quay_cranes.forEach((_, n) => {
      const u = this.value("quay_crane.gantry.position", values, n), v = this.value("quay_crane.trolley.position", values, n);
      const late = this.value("quay_crane.job.waiting", values, n) > 300;
      g.globalAlpha = 0.55;
      path(g, [at(f, u - 2.2, -BOOM_OUT_M), at(f, u + 2.2, -BOOM_OUT_M), at(f, u + 2.2, quay.gauge_m + BOOM_BACK_M), at(f, u - 2.2, quay.gauge_m + BOOM_BACK_M)], true);
      g.fillStyle = p.crane;
      g.fill();
      g.globalAlpha = 1;
      path(g, [at(f, u - half, 0), at(f, u + half, 0), at(f, u + half, quay.gauge_m), at(f, u - half, quay.gauge_m)], true);
      g.strokeStyle = late ? p.warn : p.craneEdge;
      g.lineWidth = Math.max(0.7, 1.4 * px);
      g.stroke();
      path(g, [at(f, u - 6.1, v - 1.3), at(f, u + 6.1, v - 1.3), at(f, u + 6.1, v + 1.3), at(f, u - 6.1, v + 1.3)], true);
      g.fillStyle = this.value("quay_crane.spreader.load", values, n) > 0 ? p.craneEdge : p.crane;
      g.fill();
      g.strokeStyle = p.truckEdge;
      g.lineWidth = 0.3;
      g.stroke();
    });
  }

  private labels(g: CanvasRenderingContext2D, camera: Camera, ratio: number, values: Int32Array, motion: Motion, nowMs: number, look: Look): void {
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.textAlign = "center";
    g.textBaseline = "middle";
    const quay = this.plan.doc.quay;
    if (quay) {
      g.font = `600 11px ${FONT}`;
      g.fillStyle = look.p.text;
      this.plan.doc.quay_cranes.forEach((crane, n) => {
        const [x, y] = camera.toScreen(...at(quayFrame(quay), this.value("quay_crane.gantry.position", values, n), -BOOM_OUT_M - 10 / camera.scale));
        g.fillText(crane.id, x, y);
      });
    }
    const devices = this.points.groups.get("truck")!.devices;
    for (let n = 0; n < motion.count; n++) {
      if (camera.scale < 2.2 && devices[n] !== look.selected) continue;
      motion.pose(n, nowMs, pose);
      const [x, y] = camera.toScreen(pose.x, pose.y);
      if (!pose.known || x < 0 || y < 0 || x > camera.width || y > camera.height) continue;
      g.font = `600 ${camera.scale > 5 ? 13 : 11}px ${FONT}`;
      g.lineWidth = 3;
      g.strokeStyle = look.p.truckEdge;
      g.strokeText(devices[n]!, x, y - Math.max(12, 2.8 * camera.scale));
      g.fillStyle = devices[n] === look.selected ? look.p.select : look.p.text;
      g.fillText(devices[n]!, x, y - Math.max(12, 2.8 * camera.scale));
    }
  }
}
