// Writing: sending and editing messages, and the files that go with them.

import { load, submit } from "../web/live.js";
import { closeCompletion, suggestNames } from "./completion.js";
import { keepDraft } from "./drafts.js";
import { reloadPanel } from "./panel.js";
import { isLive, path, pull, redraw, stream } from "./stream.js";

export async function sendMessage(form) {
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

export async function startEdit(message) {
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

export function cancelEdit(item) {
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
