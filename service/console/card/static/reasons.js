// Rejecting with a reason. By keyboard a dialog asks: a number chooses the reason and rejects at once, which can be
// undone; with Shift it only chooses, and a note can follow, for which a number then stands for one that was given
// before; `e` once more gives what was given last. The dialog is at the foot of the screen, and the comment goes above
// it. By mouse each card has a menu, where a click does the same, and a button that gives what was given last.

import { say } from "../said.js";
import { meaning } from "../shortcuts.js";

const LAST = "winnow-given";
const MOST_NOTES = 20;
// Notes that a number stands for.
const NUMBERED = 5;
// A number so soon after the one that chose a reason is a slip of the finger, and opens no saved filter.
const SLIP_MS = 500;

const cards = document.getElementById("cards");
const dialog = document.getElementById("reasons");
const missing = document.getElementById("reason-missing");
const again = document.getElementById("again");
const numbered = document.getElementById("numbered-notes");

const find = (id) => cards.querySelector(`.card[id="${CSS.escape(id)}"]`);
const formOf = (card) => card?.querySelector("form.decision");
const choices = (form) => [...form.querySelectorAll("[name=reject_for]")];
const radios = () => [...dialog.querySelectorAll("[type=radio]")];
const note = () => dialog.querySelector("#note");

// What somebody has said beside a decision.
export const given = (form) => ({ code: form.elements.code.value, note: form.elements.reason.value.trim() });

// What this tab gave last is offered again, to the same person, and so are its notes, the latest first: {code, note}.
const kept = () => {
  const { me, ...last } = JSON.parse(sessionStorage.getItem(LAST) ?? "{}");
  return me === cards.dataset.me ? last : null;
};

export function keepGiven({ code, note }) {
  if (!code && !note) return;
  const others = (kept()?.notes ?? []).filter((one) => one.note !== note);
  const notes = [...(note ? [{ code, note }] : []), ...others].slice(0, MOST_NOTES);
  sessionStorage.setItem(LAST, JSON.stringify({ me: cards.dataset.me, code, note, notes }));
  offerNotes();
  for (const card of cards.querySelectorAll(".card:not(.decided)")) offerAgain(card);
}

function offerNotes() {
  const notes = new Set((kept()?.notes ?? []).map(({ note }) => note));
  const options = [...notes].map((value) => Object.assign(document.createElement("option"), { value }));
  document.getElementById("notes-given")?.replaceChildren(...options);
}

// Those that were given with the chosen reason come first.
function offerNumbered() {
  const chosen = radios().find((radio) => radio.checked)?.value;
  const notes = kept()?.notes ?? [];
  const fits = notes.filter(({ code }) => code === chosen);
  const offered = [...fits, ...notes.filter((one) => !fits.includes(one))].slice(0, NUMBERED);
  numbered.replaceChildren(
    ...offered.map(({ note }, at) => {
      const entry = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button", className: "link" });
      const [key, text] = [document.createElement("kbd"), document.createElement("bdi")];
      key.textContent = at + 1;
      text.textContent = note;
      button.append(key, " ", text);
      button.addEventListener("click", () => takeNote(note));
      entry.append(button);
      return entry;
    }),
  );
}

function takeNote(text) {
  note().value = text;
  note().focus();
}

function lastGiven(form) {
  const last = kept();
  const reason = choices(form).find((button) => button.value === last?.code);
  if (!last || (last.code && !reason)) return null;
  return { ...last, told: [reason?.textContent, last.note && `“${last.note}”`].filter(Boolean).join(" ") };
}

// A button for the mouse: what was given last, again. It takes room that is empty without it.
export function offerAgain(card) {
  const form = formOf(card);
  const button = form?.querySelector(".give-again");
  if (!button) return;
  const last = lastGiven(form);
  button.hidden = !last;
  if (!last) return;
  button.title = say("Again: %(what)s", { what: last.told });
  button.setAttribute("aria-label", button.title);
  button.textContent = `↻ ${last.told}`;
}

// Should the card come back, what was given is seen.
export function showGiven(form) {
  const { code, note } = given(form);
  for (const button of choices(form)) button.classList.toggle("chosen", button.value === code);
  form.querySelector(".reasoning").open = Boolean(code || note);
}

export function openReasons(card) {
  const form = formOf(card);
  if (!form) return;
  dialog.querySelector("fieldset").replaceChildren(dialog.querySelector("legend"), ...choices(form).map(choice));
  note().value = form.elements.reason.value;
  dialog.dataset.card = card.id;
  const verb = form.querySelector("[name=action][value=reject]").firstChild.textContent;
  dialog.querySelector("#reasons-title").textContent = say("%(verb)s: the reason", { verb });
  dialog.querySelector("[value=reject]").textContent = verb;
  const last = lastGiven(form);
  again.hidden = !last;
  again.querySelector("bdi").textContent = last?.told ?? "";
  dialog.returnValue = "";
  missing.hidden = true;
  offerNumbered();
  dialog.showModal();
  card.scrollIntoView({ block: "start" });
  (radios()[0] ?? note()).focus();
}

function choice(button, at) {
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), {
    type: "radio",
    name: "reason-code",
    value: button.value,
  });
  const key = document.createElement("kbd");
  key.textContent = at < 10 ? String((at + 1) % 10) : "";
  label.className = "check";
  label.append(radio, key, ` ${button.textContent}`);
  return label;
}

function giveAgain() {
  const last = lastGiven(formOf(find(dialog.dataset.card)));
  for (const radio of radios()) radio.checked = radio.value === last.code;
  note().value = last.note;
  finish();
}

// Where a note begins, a number is one that was given before.
function hearInNote(event) {
  if (note().value || event.shiftKey || event.isComposing) return;
  const button = /^[1-9]$/.test(event.key) && numbered.querySelectorAll("button")[Number(event.key) - 1];
  if (!button) return;
  event.preventDefault();
  button.click();
}

function hear(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.id === "note") return hearInNote(event);
  if (meaning(event) === "e" && !event.repeat && !again.hidden) {
    event.preventDefault();
    return giveAgain();
  }
  // With Shift the key's own place counts: what it types then differs by layout. In some only Shift types a number.
  const digit = /^[0-9]$/.test(event.key) ? event.key : event.shiftKey && /^Digit([0-9])$/.exec(event.code)?.[1];
  const radio = digit && radios()[(Number(digit) + 9) % 10];
  if (!radio) return;
  event.preventDefault();
  radio.checked = true;
  if (event.shiftKey && digit !== event.key) {
    offerNumbered();
    return note().focus();
  }
  chosenAt = event.timeStamp;
  finish();
}

let chosenAt = Number.NEGATIVE_INFINITY;
export const isSlip = ({ timeStamp }) => timeStamp - chosenAt < SLIP_MS;

let chosen = () => {};

// Calls `reject` with the card, and the reason's code and the note that were chosen in the dialog.
export function whenChosen(reject) {
  chosen = reject;
}

// At once: the event of a dialog's closing comes after the next key of somebody who is quick.
function finish() {
  const card = find(dialog.dataset.card);
  const said = { code: radios().find((radio) => radio.checked)?.value ?? "", note: note().value };
  dialog.close("reject");
  if (!card) return;
  card.focus({ preventScroll: true });
  chosen(card, said);
}

offerNotes();
for (const card of cards.querySelectorAll(".card")) offerAgain(card);
dialog?.addEventListener("keydown", hear);
dialog?.addEventListener("change", (event) => event.target.type === "radio" && offerNumbered());
dialog?.addEventListener("close", () => {
  if (!dialog.open && dialog.returnValue !== "reject") find(dialog.dataset.card)?.focus({ preventScroll: true });
});
dialog?.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const says = radios().some((radio) => radio.checked) || note().value.trim();
  const asks = "reasonRequired" in (formOf(find(dialog.dataset.card))?.dataset ?? {});
  missing.hidden = Boolean(says) || !asks;
  if (missing.hidden) finish();
});
dialog?.querySelector("[value=cancel]").addEventListener("click", () => dialog.close(""));
again?.querySelector("button").addEventListener("click", giveAgain);
cards.addEventListener("click", (event) => {
  const button = event.target.closest(".give-again");
  if (!button || event.detail > 1) return;
  const card = button.closest(".card");
  const last = lastGiven(formOf(card));
  if (last) chosen(card, last);
});
document.querySelector("form.who")?.addEventListener("submit", () => sessionStorage.removeItem(LAST));
