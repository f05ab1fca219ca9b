// What was typed into a form is not lost when the session ends: it is kept in this window until after the login.

const KEY = "kept form";
const HIDDEN = ["hidden", "password", "file", "submit", "button"];
const who = document.body.dataset.who;

const fields = (form) => [...form.elements].filter((field) => field.name && !HIDDEN.includes(field.type));

/** Whether a field is not as it was when the page came. */
function isTouchedField(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
}

/** Whether somebody has begun to fill in one of the forms in an element. */
export const isTouched = (element) => [...element.querySelectorAll("form")].some((form) => fields(form).some(isTouchedField));

/** The address at which a form stands: of the page, or of what is open in the dialog. */
const placeOf = (form) => form.closest("dialog")?.dataset.url || location.pathname + location.search;

/** Keeps what is in a form. It is restored if the next page is the login. */
export function keep(form) {
  const values = fields(form).map((field) => ({
    name: field.name,
    value: field.value,
    on: field.options ? [...field.options].filter((option) => option.selected).map((option) => option.value) : field.checked,
  }));
  sessionStorage.setItem(KEY, JSON.stringify({ who, place: placeOf(form), action: form.getAttribute("action"), values }));
}

/** Keeps the form that somebody has begun to fill in, if there is one; where it stands, or else where one is now. */
export function keepTouched() {
  const form = [...document.querySelectorAll("main form, dialog form")]
    .find((each) => !each.matches("[data-composer]") && fields(each).some(isTouchedField));
  if (form) keep(form);
  return form ? placeOf(form) : location.pathname + location.search;
}

/** What was kept has arrived. */
export function forget() {
  sessionStorage.removeItem(KEY);
}

function restore({ action, values }) {
  const form = [...document.querySelectorAll("main form")].find((each) => each.getAttribute("action") === action);
  if (!form) return;
  for (const { name, value, on } of values) {
    for (const field of fields(form).filter((each) => each.name === name)) {
      if (field.options) for (const option of field.options) option.selected = on.includes(option.value);
      else if (field.type === "checkbox" || field.type === "radio") field.checked = field.value === value ? on : field.checked;
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.closest("details")?.setAttribute("open", "");
    }
  }
}

/** At the start of a page: after a login, what was kept comes back; after anything else it has arrived. */
export function start() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (!kept) return;
  const next = document.querySelector('form[action="/login"] input[name=next]');
  if (next) {
    sessionStorage.setItem(KEY, JSON.stringify({ ...kept, ended: true }));
    next.value = kept.place;
    return;
  }
  forget();
  if (kept.ended && kept.who === who) restore(kept);
}

// Before anything else happens to it: forms that the browser sends itself, too.
document.addEventListener("submit", ({ target }) => {
  const isKept = target.method === "post" && target.closest("main, dialog") && !target.matches("[data-composer]");
  if (isKept && target.getAttribute("action") !== "/login") keep(target);
}, { capture: true });
