// Deciding without leaving the keyboard, and new questions as they come, without disturbing what somebody is typing.
// A key decides when it is pressed twice on one card: no slip of the hand and no key that is held down does.

import { isTyping, load, on, once, submit } from "../web/live.js";

const waiting = () => document.getElementById("approvals-waiting");
const cards = () => [...document.querySelectorAll(".approval")];
const current = () => document.activeElement?.closest?.(".approval");

/** Cards that have just come to where another was, and until when: a click there may be meant for that one. */
const moved = new WeakMap();

function noteMoves(change) {
  const top = (card) => card.getBoundingClientRect().top;
  const before = new Map(cards().map((card) => [card, top(card)]));
  change();
  for (const card of cards()) {
    if (before.has(card) && before.get(card) !== top(card)) moved.set(card, performance.now() + 600);
  }
}

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
    noteMoves(() => {
      for (const old of [...waiting().children]) {
        if (!wanted.some((card) => card.id === old.id)) old.remove();
      }
      wanted.forEach((card, number) => {
        const old = waiting().children[number];
        if (old?.id !== card.id) waiting().insertBefore(card, old ?? null);
        else if (old.dataset.state !== card.dataset.state) old.replaceWith(card);
      });
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
  if (event.timeStamp < moved.get(form.closest(".approval"))) return;
  await decide(form, event.submitter);
});

async function decide(form, button) {
  const card = form.closest(".approval");
  disarm();
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

let armed = null;

/** Asks before the first press of a key decides; the second one on the same card, as it was shown, does. */
function press(card, answer) {
  const button = card.querySelector(`.approval-form button[value="${answer}"]`);
  if (!button || button.disabled) return;
  const again = armed?.card === card && armed.answer === answer;
  disarm();
  if (!again) {
    arm(card, answer, button);
    return;
  }
  moved.delete(card);
  button.click();
}

function arm(card, answer, button) {
  const line = card.querySelector(".approval-armed");
  line.textContent = line.dataset[answer];
  button.classList.add("armed");
  armed = { card, answer, timer: setTimeout(disarm, 5000) };
}

function disarm() {
  if (!armed) return;
  clearTimeout(armed.timer);
  armed.card.querySelector(".approval-armed").textContent = "";
  armed.card.querySelector(".armed").classList.remove("armed");
  armed = null;
}

document.addEventListener("focusin", () => {
  if (armed && current() !== armed.card) disarm();
});

const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: (card) => press(card, "yes"),
  r: (card) => press(card, "no"),
  c: (card) => card.querySelector(".approval-form textarea")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const card = current();
  if (event.key === "Escape" && card) {
    disarm();
    if (event.target.matches("textarea")) card.focus();
    return;
  }
  if (isTyping(event) || !keys[event.key] || (!card && !"jk".includes(event.key))) return;
  event.preventDefault();
  if (event.repeat && "ar".includes(event.key)) return;
  keys[event.key](card);
});
