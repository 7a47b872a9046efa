// The desk: strips, settings and figures, made of what the host says there is.

import { element } from "./element.js";
import { Fader } from "./fader.js";
import { Meters } from "./meters.js";
import { Show } from "./show.js";

const NAMES = { policy: "When late", mode: "Mode" };
const byId = (id) => document.getElementById(id);
const figure = (value, unit, digits) => Number.isFinite(value) ? `${value.toFixed(digits)}${unit}` : "–";

export class Desk {
  constructor(hello, send) {
    this.send = send;
    this.guest = hello.role !== "owner";
    this.parameters = new Map(hello.parameters.map((parameter) => [parameter.path, parameter]));
    this.meterPaths = hello.meters;
    this.shows = new Map();
    this.hello = hello;
    this.phase = this.parameters.get("/status")?.shown[0] ?? "";
    this.trouble = this.parameters.get("/trouble")?.shown[0] ?? "";
    this.told = {};
    this.lights = new Map();
    this.build();
    for (const parameter of hello.parameters) this.show(parameter.path, parameter.shown);
  }

  build() {
    byId("title").textContent = this.hello.title;
    const faders = [];
    const strips = [];
    for (const path of this.parameters.keys()) {
      const [, name, kind] = path.match(/^\/stem\/([^/]+)\/(gain)$/) ?? path.match(/^\/bus\/([^/]+)\/(gain)$/) ?? [];
      if (kind) strips.push(this.strip(path.slice(0, -"/gain".length), name, path.startsWith("/bus/"), faders));
    }
    this.meters = new Meters((level) => faders[0]?.positionOf(level) ?? 0);
    for (const fader of faders) {
      const meter = fader.path.replace(/gain$/, "level");
      if (this.parameters.has(meter)) this.meters.add(meter, fader.canvas, fader.parameter.minimum);
    }
    byId("faders").replaceChildren(...strips);
    window.onresize = () => this.meters.ask();
    this.meters.ask();
    this.settings();
    this.list = new Show(this);
    this.status(this.hello.status ?? {});
  }

  strip(base, name, bus, faders) {
    const label = bus ? `${name} out` : name.replaceAll("_", " ");
    const fader = new Fader({
      parameter: this.parameters.get(`${base}/gain`), label, scale: this.hello.scale, taper: this.hello.taper,
      readOnly: this.guest, send: this.send,
    });
    faders.push(fader);
    this.shows.set(fader.path, (shown) => fader.show(...shown));
    const heading = element("h2", {}, element("span", {}, label));
    if (this.parameters.has(`${base}/activity`)) {
      const light = element("span", { class: "light", role: "img", "aria-label": "silent" });
      heading.prepend(light);
      this.lights.set(base, { light, activity: 0, gate: 0 });
    }
    const buttons = element("div", { class: "pair-row" });
    for (const [kind, letter] of [["mute", "M"], ["solo", "S"]]) {
      if (this.parameters.has(`${base}/${kind}`)) buttons.append(this.toggle(`${base}/${kind}`, letter, `${kind} ${label}`, kind));
    }
    const strip = element("div", { class: "strip", role: "group", "aria-label": label }, heading, fader.readout, fader.way, buttons);
    return strip;
  }

  toggle(path, text, label, className) {
    const button = element("button", { type: "button", class: className, "aria-pressed": "false", "aria-label": label, "data-path": path }, text);
    button.disabled = this.guest;
    button.addEventListener("click", () => this.send({ set: path, value: button.getAttribute("aria-pressed") !== "true" }));
    this.shows.set(path, ([value]) => button.setAttribute("aria-pressed", String(value)));
    return button;
  }

  settings() {
    const made = [];
    for (const [name, text] of [["bypass", "Bypass"], ["pause", "Pause"], ["record", "Record"]]) {
      if (this.parameters.has(`/${name}`)) made.push(this.toggle(`/${name}`, text, text, name));
    }
    for (const name of ["mode", "policy"]) {
      const parameter = this.parameters.get(`/${name}`);
      if (!parameter) continue;
      const select = element("select", { "data-path": parameter.path }, ...parameter.choices.map((choice) => element("option", { value: choice }, choice)));
      select.disabled = this.guest;
      select.addEventListener("change", () => this.send({ set: parameter.path, value: select.value }));
      this.shows.set(parameter.path, ([value]) => { select.value = value; });
      made.push(element("label", {}, NAMES[name], select));
    }
    byId("settings").replaceChildren(...made);
  }

  show(path, shown) { this.shows.get(path)?.(shown); }

  news(message) {
    for (const [path, shown] of Object.entries(message.changes ?? {})) {
      this.show(path, shown);
      if (path === "/status") { this.phase = shown[0]; this.notice(); }
      if (path === "/trouble") { this.trouble = shown[0]; this.notice(); }
      if (path === "/message") this.say(shown[0]);
    }
    (message.meters ?? []).forEach((value, index) => this.meter(this.meterPaths[index], value));
    if (message.status) this.status(message.status);
  }

  meter(path, value) {
    if (path.endsWith("/level")) this.meters.set(path, value);
    else if (path === "/latency/host") byId("latency-host").textContent = figure(value || NaN, " ms", 1);
    else if (path === "/latency/samples") byId("latency-samples").textContent = figure(value || NaN, "", Number.isInteger(value) ? 0 : 1);
    else if (path === "/late_masks") this.count("misses", value);
    else if (path === "/xruns") this.count("xruns", value);
    else this.light(path, value);
  }

  count(id, value) {
    byId(id).textContent = String(value);
    byId(id).dataset.bad = String(value > 0);
  }

  light(path, value) {
    const at = path.lastIndexOf("/");
    const found = this.lights.get(path.slice(0, at));
    if (!found) return;
    found[path.slice(at + 1)] = value;
    const on = found.gate > 0.5 ? "yes" : found.activity > 0.3 ? "maybe" : "no";
    if (found.light.dataset.on === on) return;
    found.light.dataset.on = on;
    found.light.setAttribute("aria-label", { yes: "active", maybe: "perhaps active", no: "silent" }[on]);
  }

  // What is wrong now; an error of this page is shown for a while.
  notice(error = "") {
    clearTimeout(this.forget);
    if (error) this.forget = setTimeout(() => this.notice(), 6000);
    const phase = this.phase === "playing" ? "" : this.phase;
    const text = error || [...new Set([phase, this.told.text, this.trouble, ...(this.told.notes ?? [])])].filter(Boolean).join(" – ");
    byId("notice").textContent = text;
    byId("notice").hidden = !text;
  }

  // What was done, for a while.
  say(text) {
    clearTimeout(this.silent);
    if (text) this.silent = setTimeout(() => this.say(""), 8000);
    byId("message").textContent = text;
    byId("message").hidden = !text;
  }

  status(status) {
    const driver = status.latency ? status.latency.driver_input + status.latency.driver_output : NaN;
    byId("latency-driver").textContent = figure(driver, " ms", 1);
    this.list.take(status);
    this.told = status;
    this.notice();
  }
}
