// The channel page: new messages as they come, older ones on scroll, composer, editing in place, side panel, keys.

import { elements, isComposing, isTyping, load, on, once, pause, submit, swap } from "../web/live.js";

const stream = document.getElementById("stream");
const list = document.getElementById("messages");
const jump = document.getElementById("jump");
const { channel, path, me } = stream.dataset;
let missed = 0;

// -- the stream ----------------------------------------------------------------------------------------------------

// Scrolled to its end, the stream is at 0: it is laid out from its end (see messages.css).
const atEnd = () => stream.scrollTop > -40;
const isLive = () => stream.dataset.newest === "true";
const lastMessage = () => list.querySelector(":scope > .message:last-of-type");

function pull() {
  if (!isLive()) return showJump();
  return once("pull", async () => {
    const last = lastMessage()?.dataset.message;
    const was = atEnd();
    const found = await load(`${path}/stream${last ? `?after=${last}` : ""}`, "items");
    const fresh = found.filter((element) => element.id !== "newer" && !document.getElementById(element.id));
    if (!fresh.length) return;
    document.getElementById("stream-empty")?.remove();
    list.append(...fresh);
    const others = fresh.filter((element) => element.matches(".message:not(.mine)")).length;
    if (was || others < fresh.filter((element) => element.matches(".message")).length) stream.scrollTop = 0;
    else missed += others;
    showJump();
    noteRead();
    await pause(50); // what comes in a burst is fetched together
    if (found.some((element) => element.id === "newer")) pull();
  });
}

async function redraw(id) {
  for (const copy of document.querySelectorAll(`.message[data-message="${id}"]:not(.editing)`)) {
    if (!list.contains(copy)) continue;
    const continued = copy.classList.contains("continued") ? "&continued=1" : "";
    const chosen = copy.classList.contains("chosen");
    swap((await load(`${path}/stream?message=${id}${continued}`, "items")).filter((fresh) => fresh.id === copy.id));
    if (chosen) document.getElementById(copy.id)?.classList.add("chosen");
  }
}

const idOf = (message) => Number(message?.dataset.message ?? 0);
const messages = () => [...list.querySelectorAll(":scope > .message")];

/** How far everything is read: up to this id. Where nothing is unread, whatever is here is. */
let readTo = stream.dataset.unread ? Number(stream.dataset.unread) - 1 : idOf(lastMessage());

/** The first and the last message whose end is on the screen. They stand in order, so few are looked at. */
function onScreen() {
  const all = messages();
  const { top, bottom } = stream.getBoundingClientRect();
  const endOf = (place) => all[place].getBoundingClientRect().bottom;
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(middle) > top) high = middle;
    else low = middle + 1;
  }
  let last = low - 1;
  while (last + 1 < all.length && endOf(last + 1) <= bottom + 2) last += 1;
  return last < low ? null : { before: all[low - 1], first: all[low], last: all[last] };
}

/** What was on the screen of somebody who is looking is read; what they jumped over is not. */
function noteRead() {
  const seen = document.hidden ? null : onScreen();
  if (!seen || idOf(seen.last) <= readTo) return;
  if (idOf(seen.first) > readTo + 1 && !(seen.before && idOf(seen.before) <= readTo)) return;
  readTo = idOf(seen.last);
  once("read", async () => {
    const body = new FormData();
    body.set("message", readTo);
    const form = document.createElement("form");
    form.action = `${path}/read`;
    await submit(form, { body });
    await pause(200); // who scrolls reads on
  });
}

function showJump() {
  const end = atEnd() && isLive();
  if (end) missed = 0;
  jump.hidden = end;
  const label = jump.querySelector("span");
  const { one, many, none } = label.dataset;
  label.textContent = missed === 0 ? none : missed === 1 ? one : many.replace("{n}", missed);
}

/** Adds to the stream while what is on the screen stays where it is. */
function addAround(change) {
  const anchor = onScreen()?.last ?? lastMessage();
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (anchor?.isConnected) stream.scrollTop += anchor.getBoundingClientRect().top - before;
}

/** Loads what comes before or behind the messages that are here, in the place of the link to it. */
async function extend(link) {
  const item = link.closest("li");
  await once(item.id, async () => {
    if (!item.isConnected) return;
    const found = await load(link.href.replace("?", "/stream?"), "items");
    if (!found.length) return;
    addAround(() => {
      for (const element of found) if (element.id !== item.id) document.getElementById(element.id)?.remove();
      item.replaceWith(...found);
    });
    stream.dataset.newest = String(!document.getElementById("newer"));
    watchEnds();
    showJump();
    noteRead();
  });
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) extend(entry.target.querySelector("a"));
}, { root: stream, rootMargin: "300px 0px" });

function watchEnds() {
  for (const id of ["older", "newer"]) {
    const item = document.getElementById(id);
    if (item) watcher.observe(item);
  }
}

on((event) => {
  if (event.kind === "inbox.acked") {
    for (const item of event.data.items) if (item.channel === channel) readTo = Math.max(readTo, item.ack_id);
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

stream.addEventListener("scroll", () => { showJump(); noteRead(); }, { passive: true });
document.addEventListener("visibilitychange", noteRead);
jump.addEventListener("click", (event) => {
  if (!isLive()) return;
  event.preventDefault();
  stream.scrollTop = 0;
});
document.getElementById("unread-bar").addEventListener("click", (event) => {
  const line = document.getElementById("new-line");
  if (!event.target.closest("[data-to-unread]") || !line) return;
  event.preventDefault();
  line.scrollIntoView({ block: "start" });
});

// -- side panel ----------------------------------------------------------------------------------------------------

const panel = document.getElementById("panel");

async function openPanel(url, push = true) {
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

function closePanel(push = true) {
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

function reloadPanel() {
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

function refreshPanel(event) {
  const root = panel.querySelector(".panel-thread")?.dataset.root;
  const inThread = root && (String(event.data.thread) === root || panel.querySelector(`[data-message="${event.subject}"]`));
  const kind = new URL(panel.dataset.url || location.href, location).searchParams.get("panel");
  const wanted = { members: /^channel\.member/, pins: /^message\.(un)?pinned/, files: /^(file\.|message\.sent)/ }[kind];
  if (inThread || wanted?.test(event.kind)) reloadPanel();
}

// -- writing -------------------------------------------------------------------------------------------------------

// A draft belongs to a person and a place, in all windows of this browser, until the server has confirmed it.
const draftKey = (form) => `draft ${document.body.dataset.who} ${channel} ${form.elements.reply_to?.value ?? ""}`;

function restoreDraft(field) {
  if (!field || field.value) return;
  const { text = "", key } = JSON.parse(localStorage.getItem(draftKey(field.form)) ?? "{}");
  field.value = text;
  if (key) field.form.dataset.key = key; // it may have arrived; the same key does not send it twice
}

function keepDraft(form) {
  const { value: text } = form.elements.content;
  if (text) localStorage.setItem(draftKey(form), JSON.stringify({ text, key: form.dataset.key }));
  else localStorage.removeItem(draftKey(form));
}

async function sendMessage(form) {
  const { content, files } = form.elements;
  if ((!content.value.trim() && !files.files.length) || form.dataset.sending) return undefined;
  form.dataset.sending = "true";
  // The same key until it has arrived, so that sending again after a lost answer does not send it twice.
  form.dataset.key ||= [...crypto.getRandomValues(new Uint32Array(4))].join("-");
  keepDraft(form);
  const body = new FormData(form);
  body.set("idem_key", form.dataset.key);
  const text = content.value;
  const sent = await submit(form, { body });
  delete form.dataset.sending;
  if (!sent) return undefined;
  delete form.dataset.key;
  if (content.value === text) content.value = "";
  files.value = "";
  form.elements.reply_by.value = "";
  showFiles(form);
  keepDraft(form);
  if (form.elements.reply_to) reloadPanel();
  else if (!isLive()) return location.assign(`${path}?newest=1`);
  stream.scrollTop = 0;
  pull();
  content.focus();
  return undefined;
}

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

async function startEdit(message) {
  if (!message || message.classList.contains("editing")) return;
  const [editor] = await load(`/messages/${message.dataset.message}/edit`, "editor");
  if (!editor) return;
  if (message.classList.contains("continued")) editor.classList.add("continued");
  editor.id = message.id;
  message.replaceWith(editor);
  const field = editor.querySelector("textarea");
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

function cancelEdit(item) {
  item.classList.remove("editing");
  redraw(item.dataset.message);
  document.querySelector("#composer textarea")?.focus();
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-composer]")) return;
  delete form.dataset.key;
  if (event.target.name === "content") {
    keepDraft(form);
    suggestNames(event.target);
  } else if (event.target.name === "files") showFiles(form);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches("textarea")) setTimeout(closeCompletion, 150);
});

// -- files ---------------------------------------------------------------------------------------------------------

function showFiles(form) {
  const shown = form.querySelector(".chosen-files");
  const chosen = [...form.elements.files.files];
  shown.hidden = chosen.length === 0;
  shown.replaceChildren(...chosen.map((file, place) => {
    const item = document.createElement("li");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${shown.dataset.remove} ${file.name}`);
    remove.addEventListener("click", () => setFiles(form, chosen.filter((_, other) => other !== place)));
    item.append(file.name, remove);
    return item;
  }));
}

function setFiles(form, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  form.elements.files.files = transfer.files;
  showFiles(form);
}

function addFiles(form, files) {
  if (!form || !files.length) return;
  setFiles(form, [...form.elements.files.files, ...files]);
  form.elements.content.focus();
}

document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("[data-composer]");
  if (!form || !event.clipboardData.files.length) return;
  event.preventDefault();
  addFiles(form, event.clipboardData.files);
});
document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  document.body.classList.remove("dropping");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  addFiles(event.target.closest?.(".panel")?.querySelector("[data-composer]") || document.getElementById("composer"), event.dataTransfer.files);
});

// -- completion of names -------------------------------------------------------------------------------------------

let names = null;
let box = null;

async function knownNames() {
  names ??= elements(await (await fetch(`${path}/names`)).text());
  return names;
}

async function suggestNames(field) {
  const typed = field.value.slice(0, field.selectionStart).match(/(?:^|[\s(（])@([\p{L}\p{M}\p{N}_.-]*)$/u);
  if (!typed) return closeCompletion();
  const wanted = typed[1].toLowerCase();
  const fitting = (await knownNames()).filter((item) => item.dataset.name.toLowerCase().includes(wanted))
    .sort((one, two) => two.dataset.name.toLowerCase().startsWith(wanted) - one.dataset.name.toLowerCase().startsWith(wanted));
  const complete = fitting.length === 1 && fitting[0].dataset.name.toLowerCase() === wanted;
  if (!fitting.length || complete || document.activeElement !== field) return closeCompletion();
  closeCompletion();
  box = document.createElement("ul");
  box.className = "completion";
  box.setAttribute("role", "listbox");
  box.append(...fitting.slice(0, 8).map((item) => item.cloneNode(true)));
  box.field = field;
  box.start = field.selectionStart - typed[1].length;
  choose(box.firstElementChild);
  box.addEventListener("mousedown", (event) => {
    event.preventDefault();
    choose(event.target.closest("li"));
    insertName();
  });
  field.form.append(box);
  return undefined;
}

function choose(item) {
  if (!item) return;
  box.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  item.setAttribute("aria-selected", "true");
  item.scrollIntoView({ block: "nearest" });
}

function insertName() {
  const { field, start } = box;
  const { name } = box.querySelector('[aria-selected="true"]').dataset;
  field.setRangeText(`${name} `, start, field.selectionStart, "end");
  closeCompletion();
  keepDraft(field.form);
}

function closeCompletion() {
  box?.remove();
  box = null;
}

function completionKey(event) {
  const chosen = box.querySelector('[aria-selected="true"]');
  const actions = {
    ArrowDown: () => choose(chosen.nextElementSibling ?? box.firstElementChild),
    ArrowUp: () => choose(chosen.previousElementSibling ?? box.lastElementChild),
    Enter: insertName,
    Tab: insertName,
    Escape: closeCompletion,
  };
  if (!actions[event.key]) return false;
  event.preventDefault();
  actions[event.key]();
  return true;
}

// -- keyboard ------------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("textarea");
  if (field) fieldKey(event, field);
  else if (event.key === "Escape" && !document.querySelector("dialog[open]")) closePanel();
  else if (!isTyping(event)) pageKey(event);
});

function fieldKey(event, field) {
  if (isComposing(event) || (box && completionKey(event))) return;
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
