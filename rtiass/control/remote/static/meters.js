// Meters on canvases: one picture at a time, and only for what changed.

const FALL = 30; // dB a second
const LIGHT = matchMedia("(prefers-color-scheme: light)");
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export class Meters {
  constructor(positionOf) {
    this.positionOf = positionOf;
    this.all = new Map();
    this.drawnAt = performance.now();
    this.draw = this.draw.bind(this);
    this.asked = false;
  }

  add(path, canvas, floor) { this.all.set(path, { canvas, floor, level: floor, shown: floor, drawn: null }); }

  set(path, level) {
    const meter = this.all.get(path);
    if (!meter || meter.level === level) return;
    meter.level = level;
    this.ask();
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(this.draw);
  }

  draw(now) {
    this.asked = false;
    const fall = Math.min(FALL * (now - this.drawnAt) / 1000, 6);
    this.drawnAt = now;
    for (const meter of this.all.values()) {
      meter.shown = CALM.matches ? meter.level : Math.max(meter.level, meter.shown - fall);
      if (meter.shown > meter.level) this.ask();
      this.paint(meter);
    }
  }

  paint(meter) {
    const { canvas } = meter;
    const scale = Math.min(devicePixelRatio || 1, 2);
    const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
    const top = Math.round(this.positionOf(meter.shown) * height);
    const state = `${width} ${height} ${top} ${LIGHT.matches}`;
    if (!width || state === meter.drawn) return;
    meter.drawn = state;
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const pen = canvas.getContext("2d");
    const slot = Math.round(width * 0.5), left = Math.round((width - slot) / 2);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = LIGHT.matches ? "#dfe4e1" : "#0a0e0d";
    pen.fillRect(left, 0, slot, height);
    const zones = LIGHT.matches ? [["#2f9e83", -9], ["#c28a00", -1], ["#c62828", 99]] : [["#35b193", -9], ["#e0a92e", -1], ["#ff6b5e", 99]];
    let from = 0;
    for (const [colour, until] of zones) {
      const to = Math.min(top, Math.round(this.positionOf(until) * height));
      if (to > from) { pen.fillStyle = colour; pen.fillRect(left, height - to, slot, to - from); from = to; }
    }
  }
}
