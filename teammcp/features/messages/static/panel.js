// The panel beside the stream: a thread, the members, pins, files, what the channel is about.

import { load, once } from "../web/live.js";
import { restoreDraft } from "./drafts.js";
import { path } from "./stream.js";

export const panel = document.getElementById("panel");

export async function openPanel(url, push = true) {
  const found = (await load(url, "aside")).find((element) => element.id === "panel");
  if (!found) return location.assign(url);
  const draft = panel.querySelector("textarea")?.value;
  const same = panel.dataset.url === url;
  panel.replaceChildren(...found.childNodes);
  panel.hidden = found.hidden;
  panel.dataset.url = url;
  document.body.classList.toggle("with-panel", !found.hidden);
  const kind = new URL(url, location).searchParams.get("panel");
  for (const link of document.querySelectorAll("#channel-head [data-panel]")) {
    link.setAttribute("aria-current", link.dataset.panel === kind);
  }
  const field = panel.querySelector("textarea[name=content]");
  if (field && same && draft) field.value = draft;
  else restoreDraft(field);
  const body = panel.querySelector(".panel-thread");
  if (body) body.scrollTop = body.scrollHeight;
  if (!push) return undefined;
  history.pushState(null, "", url);
  (field || panel.querySelector("a, button"))?.focus();
  return undefined;
}

export function closePanel(push = true) {
  if (panel.hidden) return;
  panel.hidden = true;
  panel.replaceChildren();
  delete panel.dataset.url;
  document.body.classList.remove("with-panel");
  for (const link of document.querySelectorAll("#channel-head [data-panel]")) link.setAttribute("aria-current", "false");
  if (push) history.pushState(null, "", path);
  document.querySelector("#composer textarea")?.focus();
}

// Back closes what was opened beside the stream, and forward opens it again.
addEventListener("popstate", () => {
  if (new URL(location).searchParams.has("panel")) openPanel(location.href, false);
  else closePanel(false);
});

export function reloadPanel() {
  if (panel.hidden) return undefined;
  return once("panel", async () => {
    const url = panel.dataset.url || location.href;
    const fresh = (await load(url, "aside")).find((element) => element.id === "panel");
    const [body, now] = [panel.querySelector(".panel-body"), fresh?.querySelector(".panel-body")];
    if (!body || !now || body.contains(document.activeElement?.closest("form.stack"))) return;
    const end = body.scrollHeight - body.scrollTop - body.clientHeight < 60;
    const { scrollTop } = body;
    body.replaceWith(now);
    now.scrollTop = end && now.classList.contains("panel-thread") ? now.scrollHeight : scrollTop;
  });
}

export function refreshPanel(event) {
  const root = panel.querySelector(".panel-thread")?.dataset.root;
  const inThread = root && (String(event.data.thread) === root || panel.querySelector(`[data-message="${event.subject}"]`));
  const kind = new URL(panel.dataset.url || location.href, location).searchParams.get("panel");
  const wanted = { members: /^channel\.member/, pins: /^message\.(un)?pinned/, files: /^(file\.|message\.sent)/ }[kind];
  if (inThread || wanted?.test(event.kind)) reloadPanel();
}
