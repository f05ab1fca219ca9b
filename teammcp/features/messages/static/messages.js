// The channel page: what its parts do when something happens, when a link is followed, when a key is pressed.

import { isComposing, isTyping, on, submit } from "../web/live.js";
import { completionKey } from "./completion.js";
import { cancelEdit, sendMessage, startEdit } from "./composer.js";
import { restoreDraft } from "./drafts.js";
import { closePanel, openPanel, panel, refreshPanel, reloadPanel } from "./panel.js";
import {
  channel, extend, lastMessage, list, me, noteRead, passTo, pull, redraw, showJump, stream, watchEnds,
} from "./stream.js";

on((event) => {
  if (event.kind === "inbox.acked") {
    for (const item of event.data.items) if (item.channel === channel) passTo(item.ack_id);
  }
  if (event.data.message_id) redraw(event.data.message_id); // what is shown under a message has changed
  if (event.channel !== channel) return;
  const id = event.subject;
  if (event.kind === "message.sent") {
    pull();
    if (event.data.thread) redraw(event.data.thread);
  } else if (/^(message|reaction)\./.test(event.kind)) redraw(id);
  refreshPanel(event);
}, () => { pull(); reloadPanel(); });

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-composer]")) {
    event.preventDefault();
    sendMessage(form);
  } else if (form.matches("[data-editor]")) {
    event.preventDefault();
    const item = form.closest(".message");
    if (await submit(form)) {
      item.classList.remove("editing");
      await redraw(item.dataset.message);
      document.querySelector("#composer textarea")?.focus();
    }
  } else if (form.matches("[data-act]")) {
    event.preventDefault();
    const done = await submit(form, { button: event.submitter });
    if (form.closest("dialog")) form.closest("dialog").close();
    if (!done) return;
    if (form.dataset.act === "reload") location.reload();
    else if (form.dataset.act === "panel") reloadPanel();
  }
});

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest?.("a");
  if (!link) return;
  const handlers = {
    "[data-older], [data-newer]": () => extend(link),
    "[data-close-panel]": () => closePanel(),
    "[data-panel]": () => (link.getAttribute("aria-current") === "true" ? closePanel() : openPanel(link.href)),
    "[data-edit]": () => startEdit(link.closest(".message")),
    "[data-cancel]": () => cancelEdit(link.closest(".message")),
  };
  const found = Object.keys(handlers).find((selector) => link.matches(selector));
  if (!found) return;
  event.preventDefault();
  handlers[found]();
});

// -- keyboard ------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("textarea");
  if (field) fieldKey(event, field);
  else if (event.key === "Escape" && !document.querySelector("dialog[open]")) closePanel();
  else if (!isTyping(event)) pageKey(event);
});

function fieldKey(event, field) {
  if (isComposing(event) || completionKey(event)) return;
  const editing = field.form.matches("[data-editor]");
  if (event.key === "Enter" && !event.shiftKey && field.name === "content") {
    event.preventDefault();
    field.form.requestSubmit();
  } else if (event.key === "Escape") {
    if (editing) cancelEdit(field.closest(".message"));
    else if (field.closest(".panel")) closePanel();
    else field.blur();
  } else if (event.key === "ArrowUp" && !field.value && field.form.id === "composer") {
    event.preventDefault();
    startEdit([...list.querySelectorAll(".message.mine")].filter((item) => item.querySelector("[data-edit]")).pop());
  }
}

function pageKey(event) {
  const chosen = list.querySelector(".chosen");
  const actions = {
    c: () => document.querySelector("#composer textarea")?.focus(),
    j: () => chooseMessage(step(chosen, "nextElementSibling")),
    k: () => chooseMessage(chosen ? step(chosen, "previousElementSibling") : lastMessage()),
    r: () => chosen?.querySelector('[data-key="reply"]')?.click(),
    e: () => startEdit(chosen?.querySelector("[data-edit]") && chosen),
    "+": () => openReactions(chosen),
    End: () => { stream.scrollTop = 0; },
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}

function step(from, direction) {
  let next = from?.[direction];
  while (next && !next.matches(".message")) next = next[direction];
  return next ?? from ?? lastMessage();
}

function chooseMessage(message) {
  list.querySelector(".chosen")?.classList.remove("chosen");
  message?.classList.add("chosen");
  message?.focus({ preventScroll: true });
  message?.scrollIntoView({ block: "nearest" });
}

function openReactions(message) {
  const summary = message?.querySelector('[data-key="react"]');
  if (!summary) return;
  summary.parentElement.open = true;
  summary.parentElement.querySelector("button")?.focus();
}

// A touch on a message brings its actions; there is no pointer that could rest on it.
list.addEventListener("click", (event) => {
  if (matchMedia("(hover: none)").matches && !event.target.closest("a, button, summary, label")) {
    chooseMessage(event.target.closest(".message"));
  }
});

// -- start ---------------------------------------------------------------------------------------------------------

restoreDraft(document.querySelector("#composer textarea"));
if (panel.querySelector(".panel-thread")) panel.querySelector(".panel-thread").scrollTop = 1e6;
const target = location.hash && document.getElementById(location.hash.slice(1));
const unreadFrom = document.getElementById("new-line");
if (target) target.scrollIntoView({ block: "center" });
else if (unreadFrom) unreadFrom.scrollIntoView({ block: "start" });
if (target) target.focus({ preventScroll: true });
else if (matchMedia("(min-width: 761px) and (hover: hover)").matches) {
  document.querySelector(panel.querySelector("textarea") ? "#reply textarea" : "#composer textarea")?.focus();
}
watchEnds();
showJump();
if (me) noteRead();
