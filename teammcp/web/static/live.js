// Keeps pages up to date and saves page loads. Everything works without this script, only with more clicks.
//
// The server sends events (EventSource); what they change is fetched again as a fragment of HTML, and each of its
// elements replaces the one with the same id. Pages add their own parts: see `on` and `load`.

import * as kept from "./kept.js";

const page = document.body.dataset;
const dialog = document.getElementById("dialog");
const token = document.querySelector('meta[name="csrf-token"]').content;

// -- fragments -----------------------------------------------------------------------------------------------------

/** The elements of a piece of HTML. */
export function elements(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}

/** Puts each element in the place of the one with the same id; returns those that had none. */
export function swap(found) {
  return found.filter((fresh) => {
    const old = fresh.id && document.getElementById(fresh.id);
    if (!old) return true;
    replace(old, fresh);
    return false;
  });
}

function replace(old, fresh) {
  for (const details of old.querySelectorAll("details[open][id]")) {
    fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
  }
  const { scrollTop } = old;
  const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
  old.replaceWith(fresh);
  fresh.scrollTop = scrollTop;
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

/** Fetches some blocks of a page; the elements, or nothing if that failed. */
export async function load(url, blocks) {
  const options = { headers: { "X-Fragment": blocks } };
  let response = await ask(url, options);
  if (response?.status === 429) {
    await pause(1000 * (Number(response.headers.get("Retry-After")) || 1));
    response = await ask(url, options);
  }
  if (hasEnded(response)) {
    offerLogin();
    return [];
  }
  return response?.ok ? elements(await response.text()) : [];
}

/** Lets some milliseconds pass. */
export const pause = (time) => new Promise((done) => { setTimeout(done, time); });

async function ask(url, options) {
  try {
    return await fetch(url, { ...options, credentials: "same-origin" });
  } catch {
    say(page.failed);
    return null;
  }
}

/** The fields of a form as its button would send them: in parts only where it may hold files, as pages take no others. */
function encoded(form, body) {
  return form.enctype === "multipart/form-data" ? body : new URLSearchParams(body);
}

/** Whether the session is over: then the server answers with the login page, and nothing was done. */
const hasEnded = (response) => Boolean(response?.redirected) && new URL(response.url).pathname === "/login";

/** What somebody is writing stays where it is until they are ready to log in again. */
function offerLogin() {
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = page.ended;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.assign(kept.keepTouched());
  });
  stand(link);
}

/** Sends a form as its button would; true if it was done. Whatever the server says about it is shown as a notice. */
export async function submit(form, { button = null, body = new FormData(form, button), blocks = "notice" } = {}) {
  const target = button?.getAttribute("formaction") || form.getAttribute("action");
  const headers = { "X-Fragment": blocks, "X-CSRF-Token": token };
  const response = await ask(target, { method: "POST", body: encoded(form, body), headers });
  if (hasEnded(response)) {
    location.assign(kept.keepTouched());
    return false;
  }
  if (!response) return false;
  if (response.ok) kept.forget();
  const found = response.status === 204 ? [] : elements(await response.text());
  const notice = found.find((element) => element.id === "notice");
  document.getElementById("notice")?.replaceChildren(...(notice?.children ?? []));
  if (!response.ok && !notice) say(page.failed);
  return response.ok;
}

/** A word to the person, for a few seconds; then what stands in the line is there again. */
export function say(text) {
  show(text);
  say.timer = setTimeout(() => show(standing), 5000);
}

let standing = ""; // a text or an element

/** What the person has to know until it is over, which nothing in its place (`""`) says. */
function stand(content) {
  standing = content;
  show(content);
}

function show(content) {
  clearTimeout(say.timer);
  const line = document.getElementById("connection");
  line.replaceChildren(content);
  line.hidden = !content;
}

/** Leads to the field that a notice on the page is about. */
function showWrongField() {
  const name = document.querySelector("#notice [data-field]")?.dataset.field;
  const forms = [...document.querySelectorAll("main form")];
  const sent = forms.filter((form) => new URL(form.getAttribute("action") ?? "", location.href).pathname === location.pathname);
  const wanted = `:is([name="${name}"], [data-argument="${name}"]):not([type=hidden])`;
  const field = name && [...sent, ...forms].map((form) => form.querySelector(wanted)).find((found) => found);
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", "notice");
  for (let details = field.closest("details"); details; details = details.parentElement.closest("details")) details.open = true;
  field.focus();
}

// -- live events ---------------------------------------------------------------------------------------------------

const listeners = [];

/** Calls `listener(event)` for each event of the team, and `again()` after the connection was lost and is back. */
export function on(listener, again = () => {}) {
  listeners.push({ listener, again });
}

function deliver(event) {
  refreshAll((element) => element.dataset.on.split(" ").includes(event.kind));
  for (const { listener } of listeners) listener(event);
}

/** The connection was lost and is back: whatever came meanwhile is fetched. */
function catchUp() {
  stand("");
  refreshAll(() => true);
  for (const { again } of listeners) again();
}

/** The connection is lost for some seconds. Where a login is offered, that stays. */
function tellLost() {
  if (!standing) stand(page.lost);
}

const LOST_AFTER = 3000;

/** Follows the events. `tell(event)` gets each; `tell({ connected })` says that the connection has been lost for some
 * seconds, or that it is back and some may have been missed. */
function follow(tell, missed = false) {
  // From where the page was drawn, so that nothing slips between.
  const source = new EventSource(missed ? page.live : `${page.live}?since=${page.since}`);
  let lost = missed;
  source.onopen = () => {
    document.documentElement.dataset.connected = "true";
    clearTimeout(follow.timer);
    follow.timer = undefined;
    if (lost) tell({ connected: true });
    lost = false;
  };
  source.onerror = () => {
    lost = true;
    document.documentElement.dataset.connected = "false";
    follow.timer ??= setTimeout(() => tell({ connected: false }), LOST_AFTER); // from the first failure on
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(tell, true), 5000);
  };
  for (const kind of page.kinds.split(" ")) source.addEventListener(kind, ({ data }) => tell(JSON.parse(data)));
  addEventListener("pagehide", () => source.close());
}

function receive(message) {
  if (message.kind) deliver(message);
  else if (message.connected) catchUp();
  else tellLost();
}

/** Browsers open six connections to a server at most, so one window follows for all of them and tells the others. */
async function connect() {
  if (!navigator.locks) {
    follow(receive);
    return;
  }
  const name = `teammcp ${page.who}`;
  const others = new BroadcastChannel(name);
  others.onmessage = ({ data }) => receive(data);
  const { held } = await navigator.locks.query();
  const second = held.some((lock) => lock.name === name);
  if (second) {
    document.documentElement.dataset.connected = "true";
    catchUp();
  }
  navigator.locks.request(name, () => new Promise(() => {
    follow((message) => {
      receive(message);
      others.postMessage(message);
    }, second);
  }));
}

const busy = new Map();

/** Runs `work` for a key, and once more if it was asked for meanwhile: never twice at once. */
export async function once(key, work) {
  if (busy.has(key)) {
    busy.set(key, true);
    return;
  }
  do {
    busy.set(key, false);
    await work();
  } while (busy.get(key));
  busy.delete(key);
}

function refreshAll(wanted) {
  for (const element of document.querySelectorAll("[data-refresh]")) {
    if (wanted(element)) refresh(element.id);
  }
}

function refresh(id) {
  return once(`refresh ${id}`, async () => {
    const { refresh: url, blocks } = document.getElementById(id).dataset;
    const found = await load(url, blocks);
    if (!isBeingWritten(document.getElementById(id))) swap(found.filter((fresh) => fresh.id === id));
    showWaiting();
    await pause(200); // when a lot happens, a few times a second are enough
  });
}

/** Whether somebody writes into a part that is to keep what is typed: it stays as it is until they are done. */
const isBeingWritten = (element) => "keepsTyped" in (element?.dataset ?? {})
  && (kept.isTouched(element) || Boolean(element.querySelector(":is(textarea, input, select):focus")));

/** How much waits, in the window's title. */
function showWaiting() {
  const count = parseInt(document.querySelector("#waiting .badge")?.textContent ?? "", 10);
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = count ? `(${count}) ${title}` : title;
}

// -- dialogs, menus, small helps -----------------------------------------------------------------------------------

async function openDialog(url) {
  const found = await load(url, "dialog");
  if (!found.length) {
    location.assign(url);
    return;
  }
  const inner = document.createElement("div");
  inner.className = "dialog-inner";
  inner.append(...found.filter((element) => element.id !== "notice"));
  dialog.replaceChildren(inner);
  dialog.dataset.url = new URL(url, location).pathname + new URL(url, location).search;
  reveal(inner);
  dialog.showModal();
  inner.querySelector("[autofocus]")?.focus();
}

/** Shows the controls that only work with this script. */
function reveal(root) {
  for (const element of root.querySelectorAll("[data-copy][hidden], [data-filter][hidden]")) element.hidden = false;
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  say(page.copied);
}

document.addEventListener("click", (event) => {
  const near = (selector) => event.target.closest?.(selector);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || near(".menu-body a, .menu-body button")) menu.open = false;
  }
  if (event.target === dialog) dialog.close();
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = near("a[data-dialog]");
  if (link) {
    event.preventDefault();
    openDialog(link.href);
  } else if (near("[data-close]") && dialog.open) {
    event.preventDefault();
    dialog.close();
  } else if (near("[data-copy]")) {
    copy(document.getElementById(near("[data-copy]").dataset.copy).textContent);
  } else if (near("[data-copy-link]")) {
    event.preventDefault();
    copy(near("[data-copy-link]").href);
  }
});

document.addEventListener("input", (event) => {
  const { filter } = event.target.dataset;
  if (!filter) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const item of document.getElementById(filter).children) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }
});

// -- keyboard ------------------------------------------------------------------------------------------------------

let leader = 0;
const places = { c: "/channels", i: "/inbox", a: "/agents", t: "/tasks", s: "/search", p: "/plugins" };

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.stopImmediatePropagation();
    }
    return;
  }
  if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    nextChannel(event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
    return;
  }
  if (event.key === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && page.live) {
    event.preventDefault();
    if (!dialog.open) openDialog("/go");
    return;
  }
  if (inList(event)) return;
  if (isTyping(event)) return;
  if (event.key === "?") {
    event.preventDefault();
    openDialog("/shortcuts");
  } else if (event.key === "/") {
    event.preventDefault();
    const field = document.querySelector('input[type="search"][name="q"]');
    if (field) field.focus();
    else location.assign("/search");
  } else if (event.key === "g") {
    leader = event.timeStamp;
  } else if (leader && event.timeStamp - leader < 1500 && places[event.key]) {
    event.stopImmediatePropagation();
    location.assign(places[event.key]);
  } else {
    leader = 0;
  }
});

/** The arrows go from the field that filters a list through the list and back; Enter in the field takes the first. */
function inList(event) {
  const field = event.target.dataset.filter ? event.target : listField(event.target);
  if (!field || isComposing(event)) return false;
  const items = [...document.getElementById(field.dataset.filter).querySelectorAll("li:not([hidden]) > :is(a, button)")];
  const here = items.indexOf(event.target);
  const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: here < 0 ? null : 0, End: here < 0 ? null : items.length - 1 }[event.key];
  if (event.key === "Enter" && here < 0 && items.length) items[0].click();
  else if (there >= 0 && there < items.length && there !== null) items[there].focus();
  else if (there === -1) field.focus();
  else if (there !== items.length || here < 0) return false;
  event.preventDefault();
  return true;
}

/** The field that filters the list in which something stands. */
function listField(item) {
  const list = item.closest?.("ul[id], ol[id]");
  return list && document.querySelector(`[data-filter="${CSS.escape(list.id)}"]`);
}

/** Whether a key belongs to an input method that is putting a character together. Safari says so by the code alone. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Whether a key belongs to a field, a dialog or the browser. */
export function isTyping(event) {
  const { target } = event;
  return event.ctrlKey || event.metaKey || event.altKey || isComposing(event) || dialog.open
    || Boolean(target.closest?.("input, textarea, select, [contenteditable]"));
}

function nextChannel(step, unreadOnly) {
  const links = [...document.querySelectorAll("#sidebar a.channel-link[href^='/channels/']")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  const ahead = step > 0 ? links.slice(here + 1) : links.slice(0, Math.max(here, 0)).reverse();
  ahead.find((link) => !unreadOnly || link.classList.contains("unread"))?.click();
}

// -- start ---------------------------------------------------------------------------------------------------------

/** The server shows times in the browser's time zone, once it knows it. */
async function tellTimezone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!timeZone || timeZone === page.timezone || sessionStorage.getItem("timezone") === timeZone) return;
  const body = new URLSearchParams({ timezone: timeZone });
  const headers = { "X-CSRF-Token": token };
  const response = await ask("/preferences", { method: "POST", body, headers, redirect: "manual" });
  if (!response?.ok && response?.type !== "opaqueredirect") return; // somebody went on meanwhile: the next page tells it
  sessionStorage.setItem("timezone", timeZone);
  if (document.querySelector("time")) location.reload();
}

reveal(document);
kept.start();
showWaiting();
showWrongField();
// On a telephone the navigation may be wider than the screen.
document.querySelector(".rail-pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
tellTimezone();
if (page.live) connect();
