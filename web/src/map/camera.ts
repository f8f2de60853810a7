// The camera over the ground plan: x east, y north, metres. One for the flat view; the spatial one starts from it.

export class Camera {
  x = 0;
  y = 0;
  /** Pixels a metre. */
  scale = 1;
  /** Angle of the world's x axis on the screen, rad. */
  turn = 0;
  width = 1;
  height = 1;
  changed = true;
  /** Nobody has moved it since it was fitted. */
  untouched = true;

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.changed = true;
  }

  toScreen(x: number, y: number): [number, number] {
    const c = Math.cos(this.turn), s = Math.sin(this.turn);
    const dx = (x - this.x) * this.scale, dy = (y - this.y) * this.scale;
    return [this.width / 2 + c * dx - s * dy, this.height / 2 - (s * dx + c * dy)];
  }

  toWorld(px: number, py: number): [number, number] {
    const c = Math.cos(this.turn), s = Math.sin(this.turn);
    const dx = (px - this.width / 2) / this.scale, dy = -(py - this.height / 2) / this.scale;
    return [this.x + c * dx + s * dy, this.y - s * dx + c * dy];
  }

  /** Let a canvas draw in metres. */
  apply(g: CanvasRenderingContext2D, ratio: number): void {
    const c = Math.cos(this.turn) * this.scale * ratio, s = Math.sin(this.turn) * this.scale * ratio;
    const ex = (this.width / 2) * ratio - (c * this.x - s * this.y);
    const ey = (this.height / 2) * ratio + (s * this.x + c * this.y);
    g.setTransform(c, -s, -s, -c, ex, ey);
  }

  move(dxPx: number, dyPx: number): void {
    const [x0, y0] = this.toWorld(0, 0), [x1, y1] = this.toWorld(dxPx, dyPx);
    this.centre(this.x - (x1 - x0), this.y - (y1 - y0));
  }

  centre(x: number, y: number): void {
    if (x === this.x && y === this.y) return;
    this.x = x;
    this.y = y;
    this.changed = true;
    this.untouched = false;
  }

  zoom(factor: number, px = this.width / 2, py = this.height / 2): void {
    const [x, y] = this.toWorld(px, py);
    this.scale = Math.min(60, Math.max(0.05, this.scale * factor));
    const [nx, ny] = this.toWorld(px, py);
    this.centre(this.x + x - nx, this.y + y - ny);
    this.changed = true;
  }

  rotate(by: number): void {
    this.turn += by;
    this.changed = true;
    this.untouched = false;
  }

  /** Show all of a rectangle. */
  fit(low: [number, number], high: [number, number], insetPx: number): void {
    this.turn = 0;
    this.scale = Math.min(
      (this.width - 2 * insetPx) / Math.max(1, high[0] - low[0]), (this.height - 2 * insetPx) / Math.max(1, high[1] - low[1]));
    this.x = (low[0] + high[0]) / 2;
    this.y = (low[1] + high[1]) / 2;
    this.changed = this.untouched = true;
  }

  text(): string {
    return [this.x.toFixed(1), this.y.toFixed(1), this.scale.toFixed(3), this.turn.toFixed(3)].join(",");
  }

  restore(text: string): boolean {
    const [x, y, scale, turn] = text.split(",").map(Number);
    if (![x, y, scale, turn].every(Number.isFinite) || scale! <= 0) return false;
    Object.assign(this, { x, y, scale, turn, changed: true, untouched: false });
    return true;
  }
}
