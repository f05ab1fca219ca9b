// The completion of names while somebody writes @.

import { elements } from "../web/live.js";
import { keepDraft } from "./drafts.js";
import { path } from "./stream.js";

let names = null;
let box = null;

async function knownNames() {
  names ??= elements(await (await fetch(`${path}/names`)).text());
  return names;
}

export async function suggestNames(field) {
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

export function closeCompletion() {
  box?.remove();
  box = null;
}

/** Takes a key that belongs to the list of names, if one is open; whether it did. */
export function completionKey(event) {
  if (!box) return false;
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
