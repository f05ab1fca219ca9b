// Deciding without leaving the keyboard, and new questions as they come, without disturbing what somebody is typing.

import { isTyping, load, on, once, submit } from "../web/live.js";

const waiting = () => document.getElementById("approvals-waiting");
const cards = () => [...document.querySelectorAll(".approval")];
const current = () => document.activeElement?.closest?.(".approval");

// -- live ----------------------------------------------------------------------------------------------------------

/** Brings the cards up to date; one that has not changed is not touched, so that a comment can be written in peace. */
function refresh() {
  return once("approvals", async () => {
    if (!waiting()) return;
    const [fresh] = await load(waiting().dataset.path, "waiting");
    if (!fresh) return;
    const was = current();
    const place = cards().indexOf(was);
    const wanted = [...fresh.children];
    for (const old of [...waiting().children]) {
      if (!wanted.some((card) => card.id === old.id)) old.remove();
    }
    wanted.forEach((card, number) => {
      const old = waiting().children[number];
      if (old?.id !== card.id) waiting().insertBefore(card, old ?? null);
      else if (old.dataset.state !== card.dataset.state) old.replaceWith(card);
    });
    if (was && !was.isConnected) (document.getElementById(was.id) ?? cards()[place] ?? cards()[place - 1])?.focus();
  });
}

on((event) => {
  if (event.kind.startsWith("approval.") || event.kind.startsWith("state.")) refresh();
}, refresh);

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches(".approval-form")) return;
  event.preventDefault();
  await decide(form, event.submitter);
});

async function decide(form, button) {
  const card = form.closest(".approval");
  for (const each of form.querySelectorAll("button")) each.disabled = true;
  const body = new FormData(form);
  body.set(button.name, button.value);
  await submit(form, { button, body });
  for (const each of form.querySelectorAll("button")) each.disabled = false;
  card.focus();
  refresh();
}

// -- keys ----------------------------------------------------------------------------------------------------------

function step(by) {
  const all = cards();
  const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(current()) + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: (card) => card.querySelector('.approval-form button[value="yes"]')?.click(),
  r: (card) => card.querySelector('.approval-form button[value="no"]')?.click(),
  c: (card) => card.querySelector(".approval-form textarea")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const card = current();
  if (event.key === "Escape" && card && event.target.matches("textarea")) {
    card.focus();
    return;
  }
  if (isTyping(event) || !keys[event.key] || (!card && !"jk".includes(event.key))) return;
  event.preventDefault();
  keys[event.key](card);
});
