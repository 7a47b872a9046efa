// A vertical fader: touch, mouse, keyboard and screen reader; the meter is drawn in its slot.

import { element } from "./element.js";

const KNOB = 28;
const STEPS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 6, PageDown: -6 };

export class Fader {
  // taper: levels at even positions; scale: [level, position] of the numbers beside it.
  constructor({ parameter, label, scale, taper, readOnly, send }) {
    Object.assign(this, { parameter, taper, readOnly, send });
    this.path = parameter.path;
    this.pointer = null;
    this.waiting = null;
    this.late = null;
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.knob = element("div", { class: "knob" });
    this.slider = element("div", {
      class: "slider", role: "slider", tabindex: "0", "aria-label": `${label} level`, "aria-orientation": "vertical",
      "aria-valuemin": parameter.minimum, "aria-valuemax": parameter.maximum, "aria-disabled": String(readOnly),
      "data-path": parameter.path,
    }, element("div", { class: "slot" }), this.canvas, this.knob);
    const ticks = scale.map(([level, position]) => {
      const tick = element("span", {}, level <= parameter.minimum ? "∞" : String(Math.abs(level)));
      tick.style.bottom = `${position * 100}%`;
      return tick;
    });
    this.readout = element("div", { class: "value", "aria-hidden": "true" });
    this.way = element("div", { class: "way" }, element("div", { class: "ticks", "aria-hidden": "true" }, ...ticks), this.slider);
    if (!readOnly) this.listen();
    this.show(...parameter.shown);
  }

  listen() {
    this.slider.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.pointer !== null) return;
      this.slider.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.late = null;
      const place = this.place(event);
      // A finger on the knob moves it from where it is; elsewhere the knob comes to the finger.
      this.offset = Math.abs(place - this.position) * this.length() < KNOB ? this.position - place : 0;
      this.move(place + this.offset);
      this.slider.focus({ preventScroll: true });
      event.preventDefault();
    });
    this.slider.addEventListener("pointermove", (event) => {
      if (event.pointerId === this.pointer) this.move(this.place(event) + this.offset);
    });
    const end = (event) => {
      if (event.pointerId !== this.pointer) return;
      const moved = this.waiting !== null;
      this.flush();
      this.pointer = null;
      if (!moved && this.late) this.show(...this.late);
    };
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) this.slider.addEventListener(name, end);
    this.slider.addEventListener("dblclick", () => this.setLevel(0));
    this.slider.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key in STEPS) this.setLevel(this.level + STEPS[event.key] * (event.shiftKey ? 0.25 : 1));
      else if (event.key === "Home") this.setLevel(this.parameter.minimum);
      else if (event.key === "End") this.setLevel(this.parameter.maximum);
      else return;
      event.preventDefault();
    });
  }

  length() { return Math.max(1, this.slider.clientHeight - KNOB); }

  place(event) {
    const box = this.slider.getBoundingClientRect();
    return 1 - (event.clientY - box.top - KNOB / 2) / this.length();
  }

  levelAt(position) {
    const at = Math.min(Math.max(position, 0), 1) * (this.taper.length - 1);
    const low = Math.min(Math.floor(at), this.taper.length - 2);
    return this.taper[low] + (at - low) * (this.taper[low + 1] - this.taper[low]);
  }

  positionOf(level) {
    let low = 0;
    while (low < this.taper.length - 2 && this.taper[low + 1] < level) low++;
    const step = (level - this.taper[low]) / (this.taper[low + 1] - this.taper[low]);
    return Math.min(Math.max((low + step) / (this.taper.length - 1), 0), 1);
  }

  // At most one message for each picture: a finger moves far more often than is seen or heard.
  move(position) {
    const place = Math.min(Math.max(position, 0), 1);
    this.draw(this.levelAt(place), place);
    if (this.waiting === null) requestAnimationFrame(() => this.flush());
    this.waiting = place;
  }

  flush() {
    if (this.waiting === null) return;
    this.send({ set: this.path, position: Number(this.waiting.toFixed(5)) });
    this.waiting = null;
  }

  setLevel(level) {
    const value = Math.min(Math.max(level, this.parameter.minimum), this.parameter.maximum);
    this.draw(value, this.positionOf(value));
    this.send({ set: this.path, value: Number(value.toFixed(2)) });
  }

  // From the host. Under a moving finger it isn't followed: it tells of places that the finger has left.
  show(value, position, text) {
    if (this.pointer !== null) { this.late = [value, position, text]; return; }
    this.draw(value, position, text);
  }

  draw(level, position, text) {
    this.level = level;
    this.position = position;
    const shown = text ?? (level <= this.parameter.minimum ? "off" : `${level < 0 ? "" : "+"}${level.toFixed(1)} dB`);
    this.knob.style.bottom = `calc(${position} * (100% - ${KNOB}px))`;
    this.slider.setAttribute("aria-valuenow", level.toFixed(1));
    this.slider.setAttribute("aria-valuetext", shown.replace("dB", "decibels"));
    this.readout.textContent = shown;
  }
}
