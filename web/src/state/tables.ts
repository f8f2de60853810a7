// Rows by table and id, as the server changes them. A signal per table counts its changes.

import { type Signal, signal } from "@preact/signals";

export type Row = Record<string, any>;

class Tables {
  private readonly rows = new Map<string, Map<string, Row>>();
  private readonly versions = new Map<string, Signal<number>>();
  private readonly listeners = new Set<(changed: Set<string>) => void>();

  /** Rows of a table, read reactively. */
  read(table: string): Map<string, Row> {
    void this.version(table).value;
    return this.of(table);
  }

  /** Rows of a table now. */
  of(table: string): Map<string, Row> {
    let rows = this.rows.get(table);
    if (!rows) this.rows.set(table, (rows = new Map()));
    return rows;
  }

  onChange(listener: (changed: Set<string>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  apply(full: boolean, changes: Record<string, Record<string, Row | null>>): void {
    const changed = new Set(Object.keys(changes));
    if (full) {
      for (const [name, rows] of this.rows) {
        rows.clear();
        changed.add(name);
      }
    }
    for (const [name, rows] of Object.entries(changes)) {
      const of = this.of(name);
      for (const [id, row] of Object.entries(rows)) {
        if (row === null) of.delete(id);
        else of.set(id, row);
      }
    }
    for (const name of changed) this.version(name).value++;
    for (const listener of this.listeners) listener(changed);
  }

  private version(table: string): Signal<number> {
    let version = this.versions.get(table);
    if (!version) this.versions.set(table, (version = signal(0)));
    return version;
  }
}

export const tables = new Tables();
