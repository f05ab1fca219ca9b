// What somebody has begun to write.

import { channel } from "./stream.js";

// A draft belongs to a person and a place, in all windows of this browser, until the server has confirmed it.
const draftKey = (form) => `draft ${document.body.dataset.who} ${channel} ${form.elements.reply_to?.value ?? ""}`;

export function restoreDraft(field) {
  if (!field || field.value) return;
  const { text = "", key } = JSON.parse(localStorage.getItem(draftKey(field.form)) ?? "{}");
  field.value = text;
  if (key) field.form.dataset.key = key; // it may have arrived; the same key does not send it twice
}

export function keepDraft(form) {
  const { value: text } = form.elements.content;
  if (text) localStorage.setItem(draftKey(form), JSON.stringify({ text, key: form.dataset.key }));
  else localStorage.removeItem(draftKey(form));
}
