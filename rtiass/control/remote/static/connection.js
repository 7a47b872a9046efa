// The WebSocket: reconnects with back-off, and says how it stands.

const FIRST = 300, LONGEST = 8000, SILENT = 6000;

export class Connection {
  constructor({ onMessage, onState }) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.delay = FIRST;
    this.socket = null;
    this.timer = 0;
    this.stopped = false;
    this.heard = 0;
    setInterval(() => this.watch(), 2000);
    addEventListener("online", () => this.open());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.open(); });
  }

  open() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.timer);
    this.stopped = false;
    this.onState("waiting", "Connecting …");
    const socket = new WebSocket(`ws://${location.host}/ws`);
    this.socket = socket;
    this.heard = performance.now();
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.heard = performance.now();
      const message = JSON.parse(event.data);
      if (message.hello) { this.delay = FIRST; this.onState("open", "Connected"); }
      if (message.pair) this.stop("Not paired");
      this.onMessage(message);
    };
    socket.onclose = () => { if (socket === this.socket) this.lost(); };
  }

  lost() {
    this.socket = null;
    if (this.stopped) return;
    const seconds = Math.max(1, Math.round(this.delay / 1000));
    this.onState("lost", `Not connected, next try in ${seconds} s`);
    clearTimeout(this.timer);
    // A little of chance: pages that lost the same host don't all come back at once.
    this.timer = setTimeout(() => this.open(), this.delay * (0.75 + Math.random() / 2));
    this.delay = Math.min(LONGEST, this.delay * 2);
  }

  stop(text) {
    this.stopped = true;
    this.onState("lost", text);
  }

  watch() {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.heard > SILENT) {
      const dead = this.socket;
      this.lost();
      dead.close();
    } else {
      this.send({ ping: Math.round(performance.now()) });
    }
  }

  send(message) {
    if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
