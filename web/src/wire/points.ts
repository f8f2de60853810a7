// Where each data point of each device lies in the vector of values.

import { NO_VALUE } from "./frames.ts";
import type { PointGroup, PointSpec, TerminalDoc } from "./terminal.ts";

export interface PointRef { index: number; device: string; deviceNumber: number; spec: PointSpec; group: PointGroup }

export class PointIndex {
  readonly groups = new Map<string, PointGroup>();
  private readonly rows = new Map<string, number>();
  readonly all: PointRef[] = [];

  constructor(readonly doc: TerminalDoc) {
    for (const group of doc.points.groups) {
      this.groups.set(group.kind, group);
      group.points.forEach((spec, p) => {
        this.rows.set(spec.name, p);
        group.devices.forEach((device, d) =>
          this.all.push({ index: group.offset + p * group.devices.length + d, device, deviceNumber: d, spec, group }));
      });
    }
    this.all.sort((a, b) => a.index - b.index);
  }

  /** Index of point `name` (with its kind) of the device with number `device`; -1 when there is none. */
  at(name: string, device: number): number {
    const group = this.groups.get(name.slice(0, name.indexOf(".")));
    const row = this.rows.get(name);
    if (!group || row === undefined || device < 0 || device >= group.devices.length) return -1;
    return group.offset + row * group.devices.length + device;
  }

  /** First index of a point's row (one value a device) and its step. */
  row(name: string): { first: number; count: number; step: number } {
    const group = this.groups.get(name.slice(0, name.indexOf(".")));
    const row = this.rows.get(name);
    if (!group || row === undefined) return { first: 0, count: 0, step: 1 };
    return { first: group.offset + row * group.devices.length, count: group.devices.length, step: group.points[row]!.step };
  }

  /** Value of a point in its unit, null when it is not known. */
  value(values: Int32Array, index: number): number | null {
    const raw = values[index];
    return raw === undefined || raw === NO_VALUE ? null : raw * this.all[index]!.spec.step;
  }

  /** Quality of a device: 0 good, 1 uncertain, 2 bad. */
  quality(values: Int32Array, ref: PointRef): number {
    const last = ref.group.points.length - 1;
    const quality = values[ref.group.offset + last * ref.group.devices.length + ref.deviceNumber]!;
    return values[ref.index] === NO_VALUE ? 2 : Math.max(0, quality);
  }
}
