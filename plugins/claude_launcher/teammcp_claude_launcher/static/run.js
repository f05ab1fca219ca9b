// A run as it happens: what is new is asked for again and again, and whatever it has changed is drawn anew. The page goes
// along with what is new for a reader who is at its end, and stays where it is for one who reads further up.

import { isComposing, load, pause, submit, swap } from "../web/live.js";

const list = document.getElementById("transcript");
const main = document.getElementById("content");
const figures = () => document.getElementById("run-figures").dataset;
const isAtEnd = () => main.scrollHeight - main.scrollTop - main.clientHeight < 120;
const toEnd = () => { main.scrollTop = main.scrollHeight; };

/** Waits while nobody sees the page. */
const seen = () => new Promise((done) => {
  if (!document.hidden) done();
  else document.addEventListener("visibilitychange", done, { once: true });
});

async function follow() {
  for (;;) {
    await seen();
    const { last, open, over } = figures();
    const found = await load(`${list.dataset.news}?after=${last}&since=${open}`, "figures,items");
    if (!found.length) {
      await pause(5000);
      continue;
    }
    const follows = isAtEnd();
    const items = swap(found);
    list.append(...items);
    if (items.length) document.getElementById("transcript-empty")?.remove();
    if (follows) toEnd();
    if (over) return;
    await pause(250); // when a lot happens, a few times a second are enough
  }
}

const form = document.getElementById("run-say");
const field = form?.querySelector("textarea");

async function say() {
  if (!field.value.trim()) return;
  if (await submit(form)) {
    field.value = "";
    toEnd(); // where the answer will be
  }
  field.focus({ preventScroll: true });
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
field?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
  event.preventDefault();
  say();
});

follow();
