// The stream of a channel: new messages as they come, more at both ends on scroll, and what of it was read.

import { load, once, pause, submit, swap } from "../web/live.js";

export const stream = document.getElementById("stream");
export const list = document.getElementById("messages");
const jump = document.getElementById("jump");
export const { channel, path, me } = stream.dataset;
let missed = 0;

// Scrolled to its end, the stream is at 0: it is laid out from its end (see messages.css).
export const atEnd = () => stream.scrollTop > -40;
export const isLive = () => stream.dataset.newest === "true";
export const lastMessage = () => list.querySelector(":scope > .message:last-of-type");

export function pull() {
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

export async function redraw(id) {
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

/** Another window, or a button, has said that everything up to a message is read. */
export function passTo(id) {
  readTo = Math.max(readTo, id);
}

/** What was on the screen of somebody who is looking is read; what they jumped over is not. */
export function noteRead() {
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

export function showJump() {
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
export async function extend(link) {
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

export function watchEnds() {
  for (const id of ["older", "newer"]) {
    const item = document.getElementById(id);
    if (item) watcher.observe(item);
  }
}

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
