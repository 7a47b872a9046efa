// Ties the connection, the pairing form and the desk together.

import { Connection } from "./connection.js";
import { Desk } from "./desk.js";

const byId = (id) => document.getElementById(id);
let desk = null;

const connection = new Connection({
  onState(state, text) {
    const shown = byId("connection");
    if (shown.textContent !== text) shown.textContent = text;
    shown.dataset.state = state;
    byId("desk").dataset.stale = String(state !== "open");
  },
  onMessage(message) {
    if (message.hello) {
      byId("pair").hidden = true;
      byId("desk").hidden = false;
      const focused = document.activeElement?.dataset.path;
      desk = new Desk(message, (change) => connection.send(change));
      if (focused) document.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
      if (message.role !== "owner") byId("connection").textContent = "Connected as a guest: look only";
    } else if (message.pair) {
      byId("desk").hidden = true;
      byId("pair").hidden = false;
      byId("code").focus();
    } else if (message.full) {
      connection.onState("lost", "Too many remotes are connected");
    } else if (message.error) {
      desk?.notice(message.error);
    } else {
      desk?.news(message);
    }
  },
});

async function pair(wanted) {
  byId("pair-error").textContent = "";
  try {
    const answer = await fetch("/pair", { method: "POST", body: JSON.stringify(wanted) });
    if (answer.ok) return connection.open();
    const told = await answer.json();
    byId("pair-error").textContent = told.wait ? `${told.error} A new code is taken in ${told.wait} s.` : told.error;
  } catch {
    byId("pair-error").textContent = "The player does not answer.";
  }
  byId("pair").hidden = false;
}

byId("pair").addEventListener("submit", (event) => {
  event.preventDefault();
  pair({ code: byId("code").value.trim() });
});

// The QR and the guests' link carry their secret behind the #, which a browser keeps to itself.
const secret = new URLSearchParams(location.hash.slice(1));
if (secret.has("code") || secret.has("guest")) {
  history.replaceState(null, "", location.pathname);
  pair(secret.has("code") ? { code: secret.get("code") } : { guest: secret.get("guest") });
} else {
  connection.open();
}
