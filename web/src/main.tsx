// Start the page; `window.portway` is what tests and curious people look at.

import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { App, shown } from "./app.tsx";
import { clock } from "./state/clock.ts";
import { link, role, stream } from "./state/stream.ts";
import { tables } from "./state/tables.ts";
import { selection } from "./state/view.ts";

Object.assign(window, { portway: { shown, stream, tables, clock, link, role, selection } });
render(<App />, document.getElementById("app")!);
stream.start();
