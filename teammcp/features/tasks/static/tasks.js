// Pages of tasks: moving cards on the board by pointer and keyboard, and keeping board and task up to date.

import { isTyping, load, on, once, pause, say as tell, submit, swap } from "../web/live.js";

const board = document.getElementById("board");
const task = document.getElementById("task");

// -- filters -------------------------------------------------------------------------------------------------------

const filters = document.querySelector("[data-filters]");
filters?.addEventListener("change", (event) => {
  if (event.target.matches("select")) filters.requestSubmit();
});
filters?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name); // for a short address
});

// -- the board: up to date -----------------------------------------------------------------------------------------

const columns = () => [...board.querySelectorAll(".column")];
const columnOf = (status) => document.getElementById(`column-${status}`);
const cardOf = (id) => board.querySelector(`.task-card[data-task="${id}"]`);
const stale = new Set();
let dragged = null;

/** Whether somebody has a card or a menu of the board in hand, which must not be taken away. */
const inHand = () => dragged || board.querySelector("details[open]");

/** Fetches columns again, together, as soon as nothing of the board is in hand. */
function refresh(statuses) {
  for (const status of statuses) if (columnOf(status)) stale.add(status);
  if (inHand() || !stale.size) return undefined;
  return once("board", async () => {
    const wanted = [...stale];
    stale.clear();
    if (!wanted.length) return;
    const found = await load(`${board.dataset.path}${board.dataset.path.includes("?") ? "&" : "?"}columns=${wanted}`, "columns");
    if (inHand()) {
      for (const status of wanted) stale.add(status);
      return;
    }
    const chosen = document.activeElement?.closest?.(".task-card")?.dataset.task;
    swap(found);
    if (chosen && !document.activeElement?.closest(".task-card")) cardOf(chosen)?.querySelector(".task-link").focus();
    await pause(800); // what happens now and then is shown at once; when a lot happens, once a second is enough
  });
}

/** An event changes the column where the card was, and the one where it is now. */
function follow({ kind, subject, data }) {
  if (!kind.startsWith("task.")) return;
  const shown = cardOf(subject)?.closest(".column").dataset.status;
  const before = data.changes?.find((change) => change.field === "status")?.old;
  refresh(new Set([shown, before, data.task?.status].filter(Boolean)));
}

// -- the board: moving ---------------------------------------------------------------------------------------------

function say(text) {
  document.getElementById("said").textContent = text;
}

/** Puts a card into another column, as soon as the server agrees for good; else it goes back. */
async function move(card, status) {
  const from = card.closest(".column");
  const to = columnOf(status);
  const { moved, refused, kept } = document.getElementById("said").dataset;
  if (!to || to === from) return;
  if (!card.draggable) {
    tell(kept);
    return;
  }
  const place = card.nextElementSibling;
  const focused = card.contains(document.activeElement);
  to.querySelector(".column-cards").prepend(card);
  to.scrollTop = 0;
  if (focused) card.querySelector(".task-link").focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  const body = new FormData(document.getElementById("move"));
  body.set("to", `${card.dataset.task}:${status}`);
  const done = await submit(document.getElementById("move"), { body });
  if (done) {
    say(moved.replace("{column}", to.dataset.name));
  } else {
    say(refused);
    const here = cardOf(card.dataset.task);
    if (here) columnOf(from.dataset.status)?.querySelector(".column-cards").insertBefore(here, place?.isConnected ? place : null);
    if (focused) here?.querySelector(".task-link").focus();
  }
  refresh([from.dataset.status, status]);
}

function drag() {
  const over = (event) => event.target.closest?.(".column");
  const mark = (column) => {
    for (const each of columns()) each.classList.toggle("target", each === column && !each.contains(dragged));
  };
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".task-card[draggable=true]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", `#${dragged.dataset.task}`);
    dragged.classList.add("dragged");
  });
  board.addEventListener("dragover", (event) => {
    if (!dragged || !over(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    mark(over(event));
  });
  board.addEventListener("drop", (event) => {
    if (!dragged || !over(event)) return;
    event.preventDefault();
    move(dragged, over(event).dataset.status);
  });
  board.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    mark(null);
    refresh([]);
  });
}

// -- the board: keyboard -------------------------------------------------------------------------------------------

function step(card, key) {
  if (key === "ArrowUp") return card.previousElementSibling;
  if (key === "ArrowDown") return card.nextElementSibling;
  const column = beside(card, key);
  const cards = column?.querySelectorAll(".task-card") ?? [];
  const place = [...card.parentElement.children].indexOf(card);
  return cards[Math.min(place, cards.length - 1)];
}

/** The next column to a side; when only looking, the next that has a card. */
function beside(card, key, any = false) {
  const all = columns();
  const place = all.indexOf(card.closest(".column"));
  const ahead = key === "ArrowRight" ? all.slice(place + 1) : all.slice(0, place).reverse();
  return any ? ahead[0] : ahead.find((column) => column.querySelector(".task-card"));
}

function boardKey(event) {
  const card = event.target.closest?.(".task-card");
  if (!card || !/^Arrow(Up|Down|Left|Right)$/.test(event.key) || event.target.closest(".menu-body") || isTyping(event)) return;
  event.preventDefault();
  if (event.shiftKey) {
    const column = /Left|Right/.test(event.key) && beside(card, event.key, true);
    if (column) move(card, column.dataset.status);
    return;
  }
  const next = step(card, event.key);
  next?.querySelector(".task-link").focus();
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function moveByMenu(event) {
  const [id, status] = event.submitter?.value.split(":") ?? [];
  if (event.target.id !== "move" || !status) return;
  event.preventDefault();
  const card = cardOf(id);
  if (columnOf(status)) {
    move(card, status);
    return;
  }
  // To a column that is not shown: the card leaves the board.
  submit(event.target, { button: event.submitter }).then(() => refresh([card.closest(".column").dataset.status]));
}

function startBoard() {
  drag();
  on(follow, () => refresh(columns().map((column) => column.dataset.status)));
  document.addEventListener("keydown", boardKey);
  document.addEventListener("submit", moveByMenu);
  // A menu at a column's end is opened into the part that is not seen.
  board.addEventListener("toggle", ({ target }) => {
    if (target.open) target.querySelector(".menu-body")?.scrollIntoView({ block: "nearest" });
    else refresh([]);
  }, true);
}

// -- one task ------------------------------------------------------------------------------------------------------

const redraw = () => once("task", async () => {
  const found = await load(task.dataset.path, "summary,around,facts,history");
  const part = document.activeElement?.closest("#task > * > [id], #task > [id]")?.id;
  swap(found);
  // The button that was pressed may be gone: whoever uses the keyboard stays near where it was.
  if (part && document.activeElement === document.body) document.querySelector(`#${part} :is(a, button)`)?.focus();
  await pause(400);
});

/** Whether an event is about the task that is shown, or about one that it names. */
const concerns = ({ kind, subject, data }) => kind.startsWith("task.")
  && (subject === task.dataset.task || String(data.task?.parent_id) === task.dataset.task
    || document.querySelector(`#task-around [data-task="${subject}"]`)
    || data.task?.depends_on?.map(String).includes(task.dataset.task));

async function send(event) {
  if (!event.target.matches("[data-task-form]")) return;
  event.preventDefault();
  const form = event.target;
  if (form.dataset.sending) return;
  form.dataset.sending = "true";
  const done = await submit(form, { button: event.submitter });
  delete form.dataset.sending;
  if (!done) return;
  form.reset();
  redraw();
}

function startTask() {
  on((event) => { if (concerns(event)) redraw(); }, redraw);
  document.addEventListener("submit", send);
}

if (board) startBoard();
if (task) startTask();
