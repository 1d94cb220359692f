#include "report/report_page.h"

namespace foresight {

// Draws the figures anew from the page's own data, so that they can be zoomed and asked. Without it
// the figures that are in the page stay.
const char* report_script() {
  return R"js(
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const margins = { left: 58, right: 16, top: 30, bottom: 48 };
const shown = { axis: "steps", runs: false, hidden: new Set() };

const element = (name, attributes, text) => {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  return made;
};
const ticks = (low, high, count) => {
  if (!(high > low)) { const margin = Math.max(1e-9, Math.abs(high) / 2); low -= margin; high += margin; }
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(f => f * power).find(s => s >= rough * (1 - 1e-9));
  const all = [];
  for (let i = Math.floor(low / step + 1e-9); i <= Math.ceil(high / step - 1e-9); ++i) all.push(i * step);
  return all;
};
const short = value => {
  const a = Math.abs(value);
  if (a >= 1e6) return +(value / 1e6).toPrecision(4) + "M";
  if (a >= 1e3) return +(value / 1e3).toPrecision(4) + "k";
  return String(+(a < 1e-12 ? 0 : value).toPrecision(4));
};

class Figure {
  constructor(holder, panels) {
    this.holder = holder;
    this.panels = panels;  // by axis
    this.zoom = null;      // [low, high] of x
    this.svg = element("svg", { role: "img", fill: "currentColor", "font-size": 13 });
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.hidden = true;
    holder.replaceChildren(this.svg, this.tip);
    holder.classList.add("live");
    this.svg.addEventListener("pointerdown", e => { this.from = this.at(e).x; });
    this.svg.addEventListener("pointermove", e => this.move(e));
    this.svg.addEventListener("pointerup", e => this.release(e));
    this.svg.addEventListener("pointerleave", () => { this.from = null; this.tip.hidden = true; this.mark(); });
    this.svg.addEventListener("dblclick", () => this.reset());
    this.svg.addEventListener("wheel", e => this.wheel(e), { passive: false });
    window.addEventListener("resize", () => { if (this.fits()) this.draw(); });
    this.draw();
  }
  // A pixel of the figure is one of the screen, so that its letters can be read on a phone.
  fits() {
    const width = Math.min(Math.max(Math.round(this.holder.clientWidth), 300), 900);
    if (this.size && this.size.width === width) return false;
    this.size = { width, height: Math.round(Math.min(390, 120 + width * 0.42)), ...margins };
    this.plot = { width: width - margins.left - margins.right,
                  height: this.size.height - margins.top - margins.bottom };
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.size.height}`);
    return true;
  }
  get panel() { return this.panels[shown.axis]; }
  curves() { return this.panel.curves.filter(c => c.mean.length && !shown.hidden.has(c.group)); }
  reset() { this.zoom = null; this.draw(); }
  at(event) {
    const box = this.svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * this.size.width / box.width - this.size.left;
    return { x: Math.min(Math.max(x, 0), this.plot.width), left: event.clientX - box.left,
             top: event.clientY - box.top, width: box.width };
  }
  value(x) { return this.x.low + x / this.plot.width * (this.x.high - this.x.low); }
  px(value) { return this.size.left + this.plot.width * (value - this.x.low) / (this.x.high - this.x.low); }
  py(value) { return this.size.top + this.plot.height * (1 - (value - this.y.low) / (this.y.high - this.y.low)); }

  scale() {
    const all = this.curves().flatMap(c => c.mean.map(p => p[0]));
    const first = Math.min(0, ...all), last = Math.max(...all, first + 1e-9);
    const x = ticks(first, last, this.size.width > 500 ? 6 : 4);
    this.x = this.zoom ? { low: this.zoom[0], high: this.zoom[1], ticks: null }
                       : { low: x[0], high: x[x.length - 1], ticks: x };
    if (!this.x.ticks) this.x.ticks = ticks(this.x.low, this.x.high, 6)
        .filter(t => t >= this.x.low && t <= this.x.high);
    const inside = p => p[0] >= this.x.low && p[0] <= this.x.high;
    let y = this.curves().flatMap(c => c.mean.filter(inside).flatMap(p => [p[2], p[3]]));
    if (shown.runs) y = y.concat(this.curves().flatMap(c => c.runs.flat().filter(inside).map(p => p[1])));
    if (!y.length) y = [0, 1];
    let low = y.reduce((a, b) => Math.min(a, b)), high = y.reduce((a, b) => Math.max(a, b));
    if (!this.zoom && low > 0 && low < high / 2) low = 0;
    const t = ticks(low, high, 5);
    this.y = { low: t[0], high: t[t.length - 1], ticks: t };
  }
  draw() {
    this.fits();
    if (!this.panel) { this.svg.replaceChildren(); return; }
    this.scale();
    const parts = [element("text", { x: this.size.left, y: 18, "font-weight": "bold" }, this.panel.title)];
    for (const t of this.y.ticks) {
      parts.push(element("path", { d: `M${this.size.left} ${this.py(t)}h${this.plot.width}`, stroke: "#8886" }));
      parts.push(element("text", { x: this.size.left - 8, y: this.py(t) + 4, "text-anchor": "end" }, short(t)));
    }
    for (const t of this.x.ticks) {
      parts.push(element("text", { x: this.px(t), y: this.size.height - 28, "text-anchor": "middle" }, short(t)));
    }
    parts.push(element("text", { x: this.size.left + this.plot.width / 2, y: this.size.height - 8,
      "text-anchor": "middle" }, shown.axis === "steps" ? "environment steps" : "minutes of training"));
    parts.push(element("text", { transform: `translate(14 ${this.size.top + this.plot.height / 2}) rotate(-90)`,
      "text-anchor": "middle" }, this.panel.y));
    const id = "clip" + data.figures.indexOf(this.panels);
    const clip = element("clipPath", { id });
    clip.append(element("rect", { x: this.size.left, y: this.size.top - 3, width: this.plot.width, height: this.plot.height + 6 }));
    const inside = element("g", { "clip-path": `url(#${id})` });
    const place = (x, y) => `${this.px(x).toFixed(1)},${this.py(y).toFixed(1)}`;
    for (const c of this.curves()) {
      const band = c.mean.map(p => place(p[0], p[2]))
          .concat(c.mean.slice().reverse().map(p => place(p[0], p[3])));
      inside.append(element("polygon", { class: "band", points: band.join(" "), fill: c.color,
                                         "fill-opacity": 0.18 }));
    }
    for (const c of this.curves()) {
      if (shown.runs) for (const run of c.runs) {
        inside.append(element("polyline", { class: "run", points: run.map(p => place(...p)).join(" "),
          fill: "none", stroke: c.color, "stroke-width": 1, "stroke-opacity": 0.5 }));
      }
      inside.append(element("polyline", { class: "curve", points: c.mean.map(p => place(p[0], p[1])).join(" "),
        fill: "none", stroke: c.color, "stroke-width": 2.2, "stroke-linejoin": "round" }));
      if (c.mean.length < 40) for (const p of c.mean) {
        inside.append(element("circle", { cx: this.px(p[0]), cy: this.py(p[1]), r: 2.6, fill: c.color }));
      }
    }
    this.hair = element("path", { stroke: "currentColor", "stroke-opacity": 0.5, d: "" });
    this.range = element("rect", { y: this.size.top, height: this.plot.height, width: 0, fill: "#8884" });
    this.svg.replaceChildren(clip, ...parts, inside, this.range, this.hair);
  }
  mark(x) {
    this.hair.setAttribute("d", x === undefined ? "" : `M${this.size.left + x} ${this.size.top}v${this.plot.height}`);
    const wide = this.from != null && x !== undefined;
    this.range.setAttribute("x", this.size.left + (wide ? Math.min(x, this.from) : 0));
    this.range.setAttribute("width", wide ? Math.abs(x - this.from) : 0);
  }
  move(event) {
    if (!this.panel) return;
    const at = this.at(event), value = this.value(at.x);
    this.mark(at.x);
    const lines = [];
    let nearest = null;
    for (const c of this.curves()) {
      const point = c.mean.reduce((a, b) => Math.abs(b[0] - value) < Math.abs(a[0] - value) ? b : a);
      if (nearest === null || Math.abs(point[0] - value) < Math.abs(nearest - value)) nearest = point[0];
      const line = document.createElement("div"), swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.background = c.color;
      const interval = point[4] > 1 ? ` [${short(point[2])}, ${short(point[3])}], ${point[4]} runs` : ", 1 run";
      line.append(swatch, ` ${c.group}: ${short(point[1])}${interval}`);
      lines.push(line);
    }
    if (nearest === null) return;
    const head = document.createElement("b");
    head.textContent = shown.axis === "steps" ? `${Math.round(nearest).toLocaleString("en")} steps`
                                              : `${nearest.toFixed(1)} min`;
    this.tip.replaceChildren(head, ...lines);
    this.tip.hidden = false;
    const right = at.left > at.width / 2;
    this.tip.style.left = right ? "" : `${at.left + 14}px`;
    this.tip.style.right = right ? `${at.width - at.left + 14}px` : "";
    this.tip.style.top = `${at.top + 14}px`;
  }
  release(event) {
    const at = this.at(event), from = this.from;
    this.from = null;
    if (from == null || Math.abs(at.x - from) < 8) { this.mark(at.x); return; }
    this.zoom = [this.value(Math.min(from, at.x)), this.value(Math.max(from, at.x))];
    this.draw();
  }
  wheel(event) {
    if (!event.ctrlKey) return;  // otherwise the page scrolls
    event.preventDefault();
    const at = this.value(this.at(event).x), factor = event.deltaY > 0 ? 1.25 : 0.8;
    this.zoom = [at + (this.x.low - at) * factor, at + (this.x.high - at) * factor];
    this.draw();
  }
}

const figures = data.figures.map((panels, i) => new Figure(document.getElementById("figure" + i), panels));
const redraw = () => figures.forEach(figure => figure.draw());
for (const box of document.querySelectorAll("[data-group]")) {
  box.addEventListener("change", () => {
    shown.hidden[box.checked ? "delete" : "add"](box.dataset.group);
    redraw();
  });
}
document.getElementById("axis").addEventListener("change", event => {
  shown.axis = event.target.value;
  figures.forEach(figure => figure.reset());
});
document.getElementById("each").addEventListener("change", event => {
  shown.runs = event.target.checked;
  redraw();
});
document.getElementById("reset").addEventListener("click", () => figures.forEach(f => f.reset()));
for (const tool of document.querySelectorAll("[data-script]")) tool.hidden = false;
document.body.dataset.ready = figures.length;
)js";
}

}  // namespace foresight
