// The spatial view: the same plan, boxes, trucks and cranes with height, drawn by three.js. Loaded when it is asked for.

import {
  BoxGeometry, BufferGeometry, Color, DirectionalLight, Float32BufferAttribute, Group, HemisphereLight, InstancedMesh, Matrix4, Mesh,
  MeshBasicMaterial, MeshLambertMaterial, PerspectiveCamera, Plane, Quaternion, Raycaster, Scene, Vector2, Vector3, WebGLRenderer,
} from "three";
import { tables } from "../state/tables.ts";
import type { PointIndex } from "../wire/points.ts";
import type { Camera } from "./camera.ts";
import { hashOf, type Palette, palettes } from "./colours.ts";
import type { Stack } from "./ground.ts";
import type { Motion, Pose } from "./motion.ts";
import type { Look } from "./moving.ts";
import { at, blockCorners, blockFrame, BERTH_M, BOOM_BACK_M, BOOM_OUT_M, type Plan, quayFrame } from "./plan.ts";
import type { MapOptions } from "./port_map.ts";

const BOX_HIGH_M = 2.6, BED_M = 1.5;
const pose: Pose = { x: 0, y: 0, heading: 0, speed: 0, known: false };

export class Space {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly eye = new PerspectiveCamera(38, 1, 5, 6_000);
  private readonly trucks: InstancedMesh;
  private readonly loads: InstancedMesh;
  private readonly roadTrucks: InstancedMesh;
  private ground: Group | null = null;
  private boxes: Mesh | null = null;
  private readonly cranes: { group: Group; trolley: Group; kind: string; n: number }[] = [];
  private stacks: Stack[] = [];
  private palette: Palette = palettes.dark;
  private tiltRad = 0.62;

  constructor(host: HTMLElement, private readonly plan: Plan, private readonly points: PointIndex, private readonly camera: Camera) {
    this.renderer = new WebGLRenderer({ antialias: true, powerPreference: "high-performance" });
    this.renderer.domElement.className = "map-canvas";
    host.append(this.renderer.domElement);
    const sun = new DirectionalLight(0xffffff, 1.7);
    sun.position.set(-0.5, -0.8, 1.4);
    this.scene.add(new HemisphereLight(0xffffff, 0x8a949c, 1.6), sun);
    const count = points.groups.get("truck")!.devices.length, road = points.groups.get("road_truck")?.devices.length ?? 0;
    const { length_m: long, width_m: wide } = plan.doc.truck;
    this.trucks = this.many(truckShape(long, wide), count);
    this.loads = this.many(new BoxGeometry(12.2, 2.44, BOX_HIGH_M).translate(-0.4, 0, BED_M + BOX_HIGH_M / 2), count);
    this.roadTrucks = this.many(truckShape(15, 2.5), road);
    this.eye.up.set(0, 0, 1);
  }

  private many(shape: BufferGeometry, count: number): InstancedMesh {
    const mesh = new InstancedMesh(shape, new MeshLambertMaterial({ color: 0xffffff }), Math.max(1, count));
    mesh.frustumCulled = false;
    mesh.count = count;
    this.scene.add(mesh);
    return mesh;
  }

  show(visible: boolean): void {
    this.renderer.domElement.style.visibility = visible ? "visible" : "hidden";
  }

  tilt(by: number): void {
    this.tiltRad = Math.min(1.5, Math.max(0.12, this.tiltRad + by));
  }

  set(options: MapOptions): void {
    const palette = palettes[options.theme];
    if (palette === this.palette && this.ground) return;
    this.palette = palette;
    this.scene.background = new Color(palette.land);
    this.build();
  }

  resize(width: number, height: number, ratio: number): void {
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height);
    this.eye.aspect = width / height;
    this.eye.updateProjectionMatrix();
  }

  draw(values: Int32Array, motions: Record<string, Motion>, nowMs: number, look: Look, stacks: Stack[]): void {
    if (stacks !== this.stacks) {
      this.stacks = stacks;
      this.stack();
    }
    this.aim();
    this.placeTrucks(values, motions, nowMs, look);
    this.placeCranes(values);
    this.renderer.render(this.scene, this.eye);
  }

  /** The point on the ground under a pixel. */
  toWorld(px: number, py: number): [number, number] {
    const ray = new Raycaster();
    ray.setFromCamera(new Vector2((2 * px) / this.camera.width - 1, 1 - (2 * py) / this.camera.height), this.eye);
    const hit = ray.ray.intersectPlane(new Plane(new Vector3(0, 0, 1), 0), new Vector3());
    return hit ? [hit.x, hit.y] : [NaN, NaN];
  }

  dispose(): void {
    this.renderer.dispose();
    this.renderer.domElement.remove();
  }

  /** The flat camera's centre is what the eye looks at; its scale says how far away the eye is. */
  private aim(): void {
    const far = this.camera.height / (this.camera.scale * 2 * Math.tan((this.eye.fov * Math.PI) / 360));
    const turn = -this.camera.turn, back = Math.cos(this.tiltRad) * far;
    this.eye.position.set(this.camera.x + Math.sin(turn) * back, this.camera.y - Math.cos(turn) * back, Math.sin(this.tiltRad) * far);
    this.eye.lookAt(this.camera.x, this.camera.y, 0);
    this.eye.far = far * 4 + 2_000;
    this.eye.near = Math.max(2, far / 60);
    this.eye.updateProjectionMatrix();
  }

  private placeTrucks(values: Int32Array, motions: Record<string, Motion>, nowMs: number, look: Look): void {
    const boxes = this.points.row("truck.load.boxes"), fault = this.points.row("truck.fault.code");
    const devices = this.points.groups.get("truck")!.devices;
    const hidden = new Matrix4().makeScale(0, 0, 0), matrix = new Matrix4();
    const motion = motions["truck"]!;
    for (let n = 0; n < motion.count; n++) {
      motion.pose(n, nowMs, pose);
      matrixOf(pose, matrix);
      this.trucks.setMatrixAt(n, pose.known ? matrix : hidden);
      this.loads.setMatrixAt(n, pose.known && values[boxes.first + n]! > 0 ? matrix : hidden);
      const row = look.trucks.get(devices[n]!);
      const colour = devices[n] === look.selected ? this.palette.select : values[fault.first + n]! > 0 || row?.["why"]?.code === "unfit" ? this.palette.alarm
        : row?.["paused"] || row?.["withdrawn"] ? this.palette.warn : row?.["job"] ? this.palette.truck : this.palette.roadTruck;
      this.trucks.setColorAt(n, new Color(colour));
      this.loads.setColorAt(n, new Color(this.palette.boxes[hashOf(String(row?.["box"])) % this.palette.boxes.length]!));
    }
    const road = motions["road_truck"]!;
    for (let n = 0; n < road.count; n++) {
      road.pose(n, nowMs, pose);
      this.roadTrucks.setMatrixAt(n, pose.known ? matrixOf(pose, matrix) : hidden);
      this.roadTrucks.setColorAt(n, new Color(this.palette.roadTruck));
    }
    for (const mesh of [this.trucks, this.loads, this.roadTrucks]) {
      mesh.instanceMatrix.needsUpdate = true;
      if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
    }
  }

  private placeCranes(values: Int32Array): void {
    const get = (name: string, n: number): number => {
      const row = this.points.row(name);
      return values[row.first + n]! * row.step;
    };
    for (const crane of this.cranes) {
      crane.group.position.setX(get(`${crane.kind}.gantry.position`, crane.n));
      crane.trolley.position.setY(get(`${crane.kind}.trolley.position`, crane.n));
      const [rope, spreader, load] = crane.trolley.children;
      const hoist = get(`${crane.kind}.hoist.position`, crane.n), top = crane.kind === "quay_crane" ? 30 : 20;
      rope!.scale.setZ(Math.max(0.1, top - hoist));
      rope!.position.setZ((top + hoist) / 2);
      spreader!.position.setZ(hoist + 0.3);
      load!.position.setZ(hoist - BOX_HIGH_M / 2);
      load!.visible = get(`${crane.kind}.spreader.load`, crane.n) > 0;
    }
  }

  // -- what stands still --------------------------------------------------------------------------------------

  private build(): void {
    if (this.ground) this.scene.remove(this.ground);
    const p = this.palette, ground = new Group(), flat = new Flat();
    const quay = this.plan.doc.quay;
    if (quay) {
      const f = quayFrame(quay), far = 8_000;
      flat.quad([at(f, -far, -4), at(f, far, -4), at(f, far, -far), at(f, -far, -far)], -2.5, p.water);
      flat.quad([at(f, -far, -5), at(f, far, -5), at(f, far, -3), at(f, -far, -3)], 0.05, p.quay);
    }
    const land = 8_000, [lx, ly] = [(this.plan.low[0] + this.plan.high[0]) / 2, (this.plan.low[1] + this.plan.high[1]) / 2];
    if (quay) {
      const f = quayFrame(quay);
      flat.quad([at(f, -land, -4), at(f, land, -4), at(f, land, land), at(f, -land, land)], -0.15, p.land);
    } else flat.quad([[lx - land, ly - land], [lx + land, ly - land], [lx + land, ly + land], [lx - land, ly + land]], -0.15, p.land);
    for (const road of this.plan.roads) flat.ribbon(road.line, road.width_m + 0.5, 0.02, p.road);
    for (const block of this.plan.doc.blocks) flat.quad(blockCorners(block), 0.06, p.block);
    for (const place of this.plan.doc.places) {
      const f = { x: place.x, y: place.y, axis: place.heading, side: 1 };
      flat.quad([at(f, -7.5, -1.5), at(f, 7.5, -1.5), at(f, 7.5, 1.5), at(f, -7.5, 1.5)], 0.08, place.kind === "charging" ? p.charge : p.roadEdge);
    }
    ground.add(flat.mesh());
    this.scene.add(ground);
    this.ground = ground;
    this.buildCranes();
    this.stack();
  }

  private buildCranes(): void {
    for (const crane of this.cranes.splice(0)) crane.group.parent?.removeFromParent();
    const quay = this.plan.doc.quay;
    if (quay) {
      this.plan.doc.quay_cranes.forEach((_, n) => this.crane("quay_crane", n, quayFrame(quay), -2, quay.gauge_m, 34, 8, -BOOM_OUT_M, quay.gauge_m + BOOM_BACK_M));
    }
    this.plan.doc.yard_cranes.forEach((crane, n) => {
      const block = this.plan.blockOfCrane.get(crane.id);
      if (block) this.crane("yard_crane", n, blockFrame(block), -8.5, block.rows * block.row_pitch_m, 22, 4.6, -8.5, block.rows * block.row_pitch_m);
    });
  }

  private crane(kind: string, n: number, f: { x: number; y: number; axis: number; side: number }, v0: number, v1: number, high: number, half: number, b0: number, b1: number): void {
    const steel = new MeshLambertMaterial({ color: this.palette.crane }), base = new Group(), group = new Group(), trolley = new Group();
    const bar = (x: number, y: number, z: number, dx: number, dy: number, dz: number): void => {
      const mesh = new Mesh(new BoxGeometry(dx, dy, dz), steel);
      mesh.position.set(x, y, z);
      group.add(mesh);
    };
    for (const u of [-half, half]) for (const v of [v0, v1]) bar(u, v, high / 2, 1.3, 1.3, high);
    for (const v of [v0, v1]) bar(0, v, high * 0.55, 2 * half, 1, 1);
    for (const u of kind === "quay_crane" ? [-1.8, 1.8] : [-half, half]) bar(u, (b0 + b1) / 2, high - 1, 0.9, b1 - b0, 1.6);
    if (kind === "quay_crane") bar(0, v0 + 4, high + 7, 1.2, 1.2, 15);
    const rope = new Mesh(new BoxGeometry(0.25, 0.25, 1), new MeshBasicMaterial({ color: this.palette.craneEdge }));
    const spreader = new Mesh(new BoxGeometry(12, 2.2, 0.6), new MeshLambertMaterial({ color: this.palette.craneEdge }));
    const load = new Mesh(new BoxGeometry(12.2, 2.44, BOX_HIGH_M), new MeshLambertMaterial({ color: this.palette.boxes[n % 6] }));
    trolley.add(rope, spreader, load);
    group.add(trolley);
    base.position.set(f.x, f.y, 0);
    base.rotation.z = f.axis;
    base.scale.setY(f.side);
    base.add(group);
    this.scene.add(base);
    this.cranes.push({ group, trolley, kind, n });
  }

  private hulls(): { frame: { x: number; y: number; axis: number; side: number }; half: number }[] {
    const quay = this.plan.doc.quay;
    if (!quay) return [];
    const f = quayFrame(quay);
    return [...tables.of("vessels").values()].map((row) => {
      const u0 = (row["bay_start"] - 2) * quay.bay_pitch_m, u1 = row["bay_end"] * quay.bay_pitch_m;
      const [x, y] = at(f, (u0 + u1) / 2, -8 - BERTH_M / 2);
      return { frame: { x, y, axis: f.axis, side: f.side }, half: (u1 - u0) / 2 };
    });
  }

  /** All boxes of the yard, and the vessels, as one mesh: the sides of the stacks and their tops. */
  private stack(): void {
    this.boxes?.removeFromParent();
    this.boxes?.geometry.dispose();
    const flat = new Flat();
    for (const stack of this.stacks) {
      const f = blockFrame(stack.block);
      const [x, y] = at(f, (stack.bay - 1) * stack.block.bay_pitch_m, (stack.row - 1) * stack.block.row_pitch_m);
      const half = (stack.feet <= 20 ? 6.1 : 12.2) / 2, colour = this.palette.boxes[hashOf(stack.id) % this.palette.boxes.length]!;
      flat.block({ x, y, axis: f.axis, side: 1 }, half, 1.22, 0.05, BOX_HIGH_M * stack.tiers, colour);
    }
    for (const hull of this.hulls()) flat.block(hull.frame, hull.half, BERTH_M / 2, -2, 7, this.palette.vessel);
    this.boxes = flat.mesh();
    this.scene.add(this.boxes);
  }
}

/** Coloured faces gathered into one mesh. */
class Flat {
  private readonly at: number[] = [];
  private readonly normal: number[] = [];
  private readonly colour: number[] = [];

  face(a: number[], b: number[], c: number[], d: number[], n: number[], colour: Color): void {
    for (const v of [a, b, c, a, c, d]) {
      this.at.push(...v);
      this.normal.push(...n);
      this.colour.push(colour.r, colour.g, colour.b);
    }
  }

  quad(points: [number, number][], z: number, colour: string): void {
    let [a, b, c, d] = points.map(([x, y]) => [x, y, z]);
    const turn = (b![0]! - a![0]!) * (c![1]! - a![1]!) - (b![1]! - a![1]!) * (c![0]! - a![0]!);
    if (turn < 0) [b, d] = [d, b];
    this.face(a!, b!, c!, d!, [0, 0, 1], new Color(colour));
  }

  ribbon(line: [number, number][], width: number, z: number, colour: string): void {
    for (let i = 1; i < line.length; i++) {
      const [x0, y0] = line[i - 1]!, [x1, y1] = line[i]!, length = Math.hypot(x1 - x0, y1 - y0) || 1;
      const ux = (x1 - x0) / length, uy = (y1 - y0) / length, nx = (-uy * width) / 2, ny = (ux * width) / 2, e = width / 2.6;
      this.quad([[x0 - ux * e + nx, y0 - uy * e + ny], [x0 - ux * e - nx, y0 - uy * e - ny], [x1 + ux * e - nx, y1 + uy * e - ny], [x1 + ux * e + nx, y1 + uy * e + ny]], z, colour);
    }
  }

  block(f: { x: number; y: number; axis: number; side: number }, half: number, wide: number, z0: number, z1: number, colour: string): void {
    const corners = [at(f, -half, -wide), at(f, half, -wide), at(f, half, wide), at(f, -half, wide)];
    this.quad(corners, z1, colour);
    const c = new Color(colour);
    for (let i = 0; i < 4; i++) {
      const [x0, y0] = corners[i]!, [x1, y1] = corners[(i + 1) % 4]!, length = Math.hypot(x1 - x0, y1 - y0) || 1;
      this.face([x0, y0, z0], [x1, y1, z0], [x1, y1, z1], [x0, y0, z1], [((y1 - y0) / length) * f.side, (-(x1 - x0) / length) * f.side, 0], c);
    }
  }

  mesh(): Mesh {
    const shape = new BufferGeometry();
    shape.setAttribute("position", new Float32BufferAttribute(this.at, 3));
    shape.setAttribute("normal", new Float32BufferAttribute(this.normal, 3));
    shape.setAttribute("color", new Float32BufferAttribute(this.colour, 3));
    return new Mesh(shape, new MeshLambertMaterial({ vertexColors: true, side: 2 }));
  }
}

const UP = new Vector3(0, 0, 1), ONE = new Vector3(1, 1, 1), spin = new Quaternion(), where = new Vector3();

function matrixOf(at_: Pose, out: Matrix4): Matrix4 {
  return out.compose(where.set(at_.x, at_.y, 0), spin.setFromAxisAngle(UP, at_.heading), ONE);
}

/** A flat bed with a low cab in front. */
function truckShape(long: number, wide: number): BufferGeometry {
  const bed = new BoxGeometry(long, wide, 0.9).translate(0, 0, 1).toNonIndexed();
  const cab = new BoxGeometry(1.6, wide * 0.9, 2).translate(long / 2 - 0.9, 0, 2.2).toNonIndexed();
  const shape = new BufferGeometry();
  for (const name of ["position", "normal"]) {
    const a = bed.getAttribute(name).array, b = cab.getAttribute(name).array;
    shape.setAttribute(name, new Float32BufferAttribute([...a, ...b], 3));
  }
  return shape;
}
