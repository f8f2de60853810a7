// Start the page; `window.portway` is what tests and curious people look at.

import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { App, shown } from "./app.tsx";
import { clock } from "./state/clock.ts";
import { link, role, stream } from "./state/stream.ts";
import { tables } from "./state/tables.ts";
import { selection } from "./state/view.ts";

/** The server says whether this is a terminal to look at or a layout to edit. */
async function start(): Promise<void> {
  const root = document.getElementById("app")!;
  if ((await (await fetch("/mode")).text()) === "edit") {
    const { Editor } = await import("./edit/editor.tsx");
    render(<Editor />, root);
    return;
  }
  render(<App />, root);
  stream.start();
}

Object.assign(window, { portway: { shown, stream, tables, clock, link, role, selection } });
void start();
