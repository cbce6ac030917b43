// The cards on the page: the current card, moving between cards, and showing what was decided on one.

import { say } from "../said.js";
import * as sending from "../sending.js";
import { isField } from "../shortcuts.js";

export const cards = document.getElementById("cards");
const announcement = document.getElementById("announcement");

export const find = (id) => cards.querySelector(`.card[id="${CSS.escape(id)}"]`);
export const waiting = () => [...cards.querySelectorAll(".card:not(.decided)")];
export const current = () => document.activeElement?.closest?.("#cards .card") ?? null;
export const csrfToken = () => document.querySelector("[name=csrf_token]").value;

// Somebody types or chooses something. Elsewhere the same letters are commands, so the focus is not taken away.
export const typing = () => isField(document.activeElement);
// The card that somebody writes about: in one of its fields, or in the dialog for a reason.
const writtenAbout = () => current() ?? find(document.querySelector("dialog[open]")?.dataset.card ?? "");
export const writesAbout = (card) => typing() && writtenAbout() === card;

// Leave a card as it is, without its buttons, until the focus has left it; `then` is called after that.
export function settle(card, text, then) {
  if (card.classList.contains("settled")) return;
  const focused = document.activeElement;
  const mark = (settled) => {
    card.classList.toggle("settled", settled);
    for (const button of card.querySelectorAll("form.decision [type=submit]:not([hidden])")) button.disabled = settled;
  };
  mark(true);
  if (focused.disabled) card.focus({ preventScroll: true });
  tell(card, text, "wait");
  announce(text);
  const leave = () =>
    setTimeout(() => {
      if (card.contains(document.activeElement) || writesAbout(card)) return;
      removeEventListener("focusout", leave);
      mark(false);
      then();
    });
  addEventListener("focusout", leave);
}

const onPhone = matchMedia("(max-width: 46rem)");
const ABOVE_FOOT = 8;

export function go(card) {
  if (!card) return;
  card.focus({ preventScroll: true });
  if (onPhone.matches && !card.classList.contains("decided")) standAtFoot(card);
  else card.scrollIntoView({ block: "nearest" });
}

// On a phone each card's buttons come to stand where those of the last one were, under the thumb, and no others near
// them. A card that is taller than the screen begins at its head, and its buttons stick to the foot.
function standAtFoot(card) {
  const { top, bottom } = card.getBoundingClientRect();
  const foot = innerHeight - document.querySelector(".selection:not(.idle)")?.offsetHeight || innerHeight;
  const over = bottom - (foot - ABOVE_FOOT);
  scrollBy({ top: Math.min(over, top - ABOVE_FOOT), behavior: "instant" });
}

export function step(by) {
  const open = waiting();
  const here = current();
  if (here?.classList.contains("decided")) return go(neighbour(here, by));
  const at = open.indexOf(here);
  go(open[at === -1 ? (by > 0 ? 0 : open.length - 1) : at + by]);
}

// What a key does with the card that somebody is on. Where they are on none, it leads to the first and does no more.
export const onCard = (act) => (event) => (current() ? act(current(), event) : step(1));

// The keys that move between cards. The next card is where the reader's lines go on.
const onward = getComputedStyle(document.body).direction === "rtl" ? -1 : 1;
export const steps = {
  j: () => step(1),
  k: () => step(-1),
  arrowright: () => step(onward),
  arrowleft: () => step(-onward),
};

// The nearest card that waits, in one direction.
export function neighbour(card, by) {
  const all = [...cards.querySelectorAll(".card")];
  for (let at = all.indexOf(card) + by; at >= 0 && at < all.length; at += by) {
    if (!all[at].classList.contains("decided")) return all[at];
  }
  return null;
}

export function announce(text) {
  announcement.textContent = text;
}

// One line on a card; `extra` are elements that follow the text.
export function tell(card, text, kind, ...extra) {
  card.querySelector(".outcome")?.remove();
  const line = document.createElement("p");
  line.className = `outcome note small ${kind}`;
  line.append(text, ...extra);
  card.append(line);
}

export function untell(card) {
  card.querySelector(".outcome")?.remove();
}

// Change what is on the page without moving what somebody reads.
export function keepPlace(change) {
  const anchor = current() ?? waiting().find((card) => card.getBoundingClientRect().bottom > 0);
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (anchor?.isConnected) window.scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
}

export function link(text, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = text;
  button.addEventListener("click", action, { once: true }); // what it does is not done twice
  return button;
}

// The same in the menu of a card, which lies over what else it says.
export function tellInMenu(card, text, kind, ...extra) {
  const line = card.querySelector(".list-outcome");
  line.replaceChildren(text, ...extra);
  line.className = `list-outcome note small ${kind}`;
  line.hidden = false;
  line.closest("details").open = true;
}

// Make a change on a card: where that takes away what had the focus, the card has it.
export function keepFocus(card, change) {
  const had = card.contains(document.activeElement);
  change();
  if (had && !card.contains(document.activeElement)) card.focus({ preventScroll: true });
}

// Where the server said that what was asked for is settled otherwise, so that asking again changes nothing.
export const isSettled = ({ status }) => [404, 409, 410].includes(status);

// Show what a form has done, and the way to take it back, which shows in the same place what came of it.
export function showDone(show, { message, undo }, form) {
  if (!undo) return show(message, "good");
  const card = form.closest(".card");
  const again = () => [" ", link(say("Take it back"), takeBack)];
  const takeBack = async () => {
    const undone = await post(form.getAttribute("action"), undo);
    const more = undone.ok || isSettled(undone) ? [] : again();
    keepFocus(card, () => show(undone.message, undone.ok ? "good" : "bad", ...sending.signInLink(undone), ...more));
  };
  show(message, "good", ...again());
}

// Send a card's form, once at a time: null while it is on its way already.
export async function postForm(form, button) {
  if (form.dataset.sending) return null;
  form.dataset.sending = "yes";
  const answer = await post(form.getAttribute("action"), new URLSearchParams(new FormData(form, button)));
  delete form.dataset.sending;
  return answer;
}

// Send fields; the answer is {ok, status, message, …}. Status 0: it is not known whether the form arrived.
export async function post(address, fields) {
  let answer = await send(address, fields);
  if (sending.takeToken(answer, fields, cards?.dataset.me)) answer = await send(address, fields);
  if (answer.ok) document.dispatchEvent(new Event("winnow:sent"));
  if (answer.status === 401) document.dispatchEvent(new CustomEvent("winnow:signed-out", { detail: answer }));
  return answer;
}

async function send(address, fields) {
  const body = fields instanceof URLSearchParams ? fields : new URLSearchParams({ csrf_token: csrfToken(), ...fields });
  const sent = performance.now();
  try {
    const answer = await sending.send(address, body, { keepalive: true }); // it arrives although somebody leaves the page
    document.dispatchEvent(new CustomEvent("winnow:reached", { detail: sent }));
    const failed = { message: sending.failed(answer) };
    const said = answer.status === 204 ? {} : await answer.json().catch(() => failed);
    return { ...said, ok: answer.ok && said !== failed, status: answer.status };
  } catch (error) {
    document.dispatchEvent(new Event("winnow:away"));
    return { ok: false, status: 0, message: sending.whyNot(error) };
  }
}
