// A table of any length: only the rows in sight are there.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Column<T> {
  key: string; title: string; width: string; cell: (row: T) => ComponentChildren; sortBy?: (row: T) => string | number | null; right?: boolean;
}

const ROW_PX = 26;

export function VirtualTable<T>({ rows, columns, id, test, onClick, chosen }: {
  rows: T[]; columns: Column<T>[]; id: (row: T) => string; test: string; onClick?: (row: T) => void; chosen?: (row: T) => boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  const [sort, setSort] = useState<{ key: string; down: boolean } | null>(null);
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(() => setHeight(box.current?.clientHeight ?? 400));
    if (box.current) watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  const by = sort && columns.find((c) => c.key === sort.key)?.sortBy;
  const ordered = by ? [...rows].sort((a, b) => compare(by(a), by(b)) * (sort!.down ? -1 : 1)) : rows;
  const first = Math.max(0, Math.floor(top / ROW_PX) - 4), last = Math.min(ordered.length, first + Math.ceil(height / ROW_PX) + 8);
  const grid = { gridTemplateColumns: columns.map((c) => c.width).join(" ") };
  return (
    <div class="table" role="table" data-test={test} data-rows={rows.length}>
      <div class="table-head" role="row" style={grid}>
        {columns.map((c) => (
          <span key={c.key} role="columnheader">
            <button class={c.right ? "right" : ""} disabled={!c.sortBy}
              onClick={() => setSort(sort?.key === c.key ? (sort.down ? null : { key: c.key, down: true }) : { key: c.key, down: false })}>
              {c.title}{sort?.key === c.key ? (sort.down ? " ↓" : " ↑") : ""}
            </button>
          </span>
        ))}
      </div>
      <div class="table-body" ref={box} onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
        <div style={{ height: `${ordered.length * ROW_PX}px` }}>
          {ordered.slice(first, last).map((row, i) => (
            <div key={id(row)} role="row" data-id={id(row)} class={`table-row ${chosen?.(row) ? "chosen" : ""}`} tabIndex={onClick ? 0 : -1}
              style={{ ...grid, transform: `translateY(${(first + i) * ROW_PX}px)` }} onClick={() => onClick?.(row)}
              onKeyDown={(e) => e.key === "Enter" && onClick?.(row)}>
              {columns.map((c) => <span key={c.key} role="cell" class={c.right ? "right" : ""}>{c.cell(row)}</span>)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Hand a table to the person as a CSV file. */
export function saveCsv(name: string, head: string[], rows: (string | number | null)[][]): void {
  const quote = (v: string | number | null): string => (v === null ? "" : /[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v));
  const text = "\ufeff" + [head, ...rows].map((r) => r.map(quote).join(",")).join("\r\n") + "\r\n";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
