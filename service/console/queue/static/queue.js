// Adds new cards to the page: it reads the server's page of the queue again and takes the cards from there.

import { offerAgain } from "../card/reasons.js";
import { renewAges } from "../times.js";
import { cards, current, find, go, keepPlace, waiting, writesAbout } from "./cards.js";
import { keepContext } from "./context.js";

const KEEP_DECIDED = 10;
const FEW = 10;
const COUNT_AFTER_MS = 3000;
let refilling = false;
let again = false; // something was decided since the page was asked for
let sending = 0;
let counting = null;
let nothing = null; // what the server last said in place of cards

export const busy = (by) => (sending += by);
export const isSending = () => sending > 0;

// Whoever leaves before an answer came would not hear that the server refused.
addEventListener("beforeunload", (event) => sending && event.preventDefault());

// The cards that belong on this page now and are not on it, in their order. Null when the server cannot say.
export async function fetchFresh() {
  let page;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
  const count = page.getElementById("waiting");
  if (count) document.getElementById("waiting")?.replaceWith(document.adoptNode(count));
  const tabs = page.getElementById("tabs");
  if (tabs && !document.getElementById("tabs").contains(document.activeElement)) renewTabs(document.adoptNode(tabs));
  nothing = page.querySelector(".empty");
  return [...page.querySelectorAll("#cards > .card, #cards .card")].filter((card) => isFresh(card));
}

// The line of tabs stays where somebody has scrolled it to.
function renewTabs(fresh) {
  const before = document.getElementById("tabs");
  const { scrollLeft } = before;
  before.replaceWith(fresh);
  fresh.scrollLeft = scrollLeft;
}

function isFresh(card) {
  const here = find(card.id);
  if (here?.dataset.away) return true; // it was put off, and is back
  return !here || (here.classList.contains("decided") && Number(here.dataset.version) < Number(card.dataset.version));
}

// Put cards before the first that waits, or after the last. The card that somebody reads does not move.
export function insert(fresh, where) {
  const taken = fresh.filter(isFresh).map((card) => document.adoptNode(card));
  keepPlace(() => {
    for (const card of taken) find(card.id)?.remove();
    const first = where === "top" ? waiting()[0] : null;
    if (first) first.before(...taken);
    else cards.append(...taken);
    for (const card of taken) {
      renewAges(card);
      offerAgain(card);
    }
  });
  if (taken.length) hideNothing();
  return taken;
}

export const hideNothing = () => document.querySelector(".empty")?.remove();

// Replace a card by a newer version: its comment was edited, or decided and undone.
// Where somebody has begun to write about it meanwhile, `wait` is called instead.
export async function renew(card, wait, isBusy = writesAbout) {
  const fresh = await fetchNewer(card);
  if (!fresh || !card.isConnected) return;
  if (isBusy(card)) return wait();
  keepWritten(card, fresh);
  const hadFocus = card.contains(document.activeElement);
  renewAges(fresh);
  offerAgain(fresh);
  keepPlace(() => {
    keepContext(card, fresh);
    card.replaceWith(fresh);
  });
  if (hadFocus) fresh.focus({ preventScroll: true });
}

// What somebody has chosen or typed on a card, and not sent.
function keepWritten(before, after) {
  const code = before.querySelector("form.decision [name=code]");
  if (code && after.querySelector("form.decision")) after.querySelector("form.decision [name=code]").value = code.value;
  for (const field of before.querySelectorAll(
    "input[type=text][id], input:not([type])[id], textarea[id], select[id]",
  )) {
    const its = after.querySelector(`[id="${CSS.escape(field.id)}"]`);
    const fits = its && (!its.options || [...its.options].some(({ value }) => value === field.value));
    if (fits && field.value) its.value = field.value;
  }
}

export async function fetchNewer(card) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return document.adoptNode(page.getElementById(card.id));
  } catch {
    return null;
  }
}

// The numbers above the cards follow what is decided, put off or taken back, however quickly somebody works.
export function countAnew() {
  if (counting || !document.getElementById("tabs")) return;
  counting = setTimeout(() => {
    counting = null;
    fetchFresh();
  }, COUNT_AFTER_MS);
}

// Load cards ahead for people who decide quickly. When nothing waits any more, say so below the last decided card.
export async function refill() {
  if (waiting().length >= FEW) return countAnew();
  if (refilling) {
    again = true;
    return;
  }
  refilling = true;
  const fresh = await fetchFresh();
  refilling = false;
  if (fresh === null) return;
  prune();
  const outpaced = !waiting().length && current()?.classList.contains("decided");
  // The next copy of what people have decided already comes when nothing else waits.
  const others = fresh.filter((card) => !("ruled" in card.dataset));
  const taken = insert(others.length || waiting().length ? others : fresh, "end");
  if (outpaced) go(taken[0]);
  if (again) {
    again = false;
    return refill();
  }
  if (taken.length || waiting().length || sending) return;
  const query = new URLSearchParams(location.search);
  if (query.has("after")) {
    query.delete("after");
    location.assign(`${location.pathname}?${query}`);
  } else if (nothing && !document.querySelector(".empty")) cards.after(document.adoptNode(nothing));
}

function prune() {
  const over = (card) => card.querySelector(".outcome.good, .outcome.wait") && !card.contains(document.activeElement);
  const decided = [...cards.querySelectorAll(".card.decided")].filter(over);
  keepPlace(() => {
    for (const card of decided.slice(0, -KEEP_DECIDED)) card.remove();
  });
}
