// Scenes and songs by name: the present one is marked, a press calls another; owners save scenes.

import { element } from "./element.js";

const byId = (id) => document.getElementById(id);

export class Show {
  constructor({ guest, send, shows, parameters }) {
    Object.assign(this, { guest, send, shows, parameters });
    this.scene = "";
    this.song = -1;
    this.names = {};
    this.buttons = { scenes: [], songs: [] };
    shows.set("/scene", ([value]) => { this.scene = value; this.mark("scenes"); });
    shows.set("/song/index", ([value]) => { this.song = value; this.mark("songs"); });
    this.form();
    byId("songs-lead").replaceChildren(...this.lead());
    this.take({});
  }

  // Lists as the host tells them; no list: there is no file of them.
  take({ scenes, songs }) {
    for (const [kind, names] of [["scenes", scenes], ["songs", songs?.length ? songs : null]]) {
      const told = JSON.stringify(names ?? null);
      if (this.names[kind] === told) continue;
      this.names[kind] = told;
      this.list(kind, names ?? []);
      byId(kind).hidden = !names || (!names.length && this.guest);
    }
    if (byId("scenes").hidden) this.open(false);
  }

  list(kind, names) {
    const focused = document.activeElement?.dataset.call;
    this.buttons[kind] = names.map((name, index) => kind === "scenes"
      ? this.button(name, { "data-scene": name, "data-call": `scene ${name}` }, { set: "/scene", value: name })
      : this.button(`${index + 1}. ${name}`, { "data-song": index, "data-call": `song ${index}` }, { set: "/song/index", value: index }));
    byId(`${kind}-list`).replaceChildren(...this.buttons[kind]);
    if (kind === "scenes") byId("scene-names").replaceChildren(...names.map((name) => element("option", { value: name })));
    this.mark(kind);
    if (focused) document.querySelector(`[data-call="${CSS.escape(focused)}"]`)?.focus();
  }

  button(text, attributes, change) {
    const made = element("button", { type: "button", ...attributes }, text);
    made.disabled = this.guest;
    made.addEventListener("click", () => this.send(change));
    return made;
  }

  // Previous, next, and whether the songs go on by themselves.
  lead() {
    const made = [["previous", "Previous song"], ["next", "Next song"]]
      .filter(([name]) => this.parameters.has(`/song/${name}`))
      .map(([name, text]) => this.button(text, {}, { trigger: `/song/${name}` }));
    if (this.parameters.has("/song/wait")) {
      const wait = element("button", { type: "button", "aria-pressed": "false", "aria-label": "Wait after a song", "data-path": "/song/wait" }, "Wait after");
      wait.disabled = this.guest;
      wait.addEventListener("click", () => this.send({ set: "/song/wait", value: wait.getAttribute("aria-pressed") !== "true" }));
      this.shows.set("/song/wait", ([value]) => wait.setAttribute("aria-pressed", String(value)));
      made.push(wait);
    }
    return made;
  }

  mark(kind) {
    this.buttons[kind].forEach((button, index) => {
      const present = kind === "scenes" ? button.dataset.scene === this.scene : index === this.song;
      if (button.getAttribute("aria-pressed") === String(present)) return;
      button.setAttribute("aria-pressed", String(present));
      if (present) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  form() {
    byId("save-open").hidden = this.guest || !this.parameters.has("/scene/save");
    for (const part of document.querySelectorAll("#save-open, #save button, #save input")) part.disabled = this.guest;
    byId("save-open").onclick = () => this.open(byId("save").hidden);
    byId("save-cancel").onclick = () => this.open(false, true);
    byId("save").onkeydown = (event) => { if (event.key === "Escape") this.open(false, true); };
    byId("save").onsubmit = (event) => {
      event.preventDefault();
      this.send({ set: "/scene/save", value: byId("save-name").value.trim() });
      this.open(false, true);
    };
  }

  open(yes, back = false) {
    byId("save").hidden = !yes;
    byId("save-open").setAttribute("aria-expanded", String(yes));
    if (yes) {
      byId("save-name").value = this.scene;
      byId("save-name").focus();
      byId("save-name").select();
    } else if (back) {
      byId("save-open").focus();
    }
  }
}
