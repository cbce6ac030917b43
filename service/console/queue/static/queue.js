// Bringing further cards onto the page: what this page of the queue holds by now, read from the server's own page.

import { cards, current, find, go, keepPlace, waiting } from "./cards.js";
import { localise } from "../times.js";

const KEEP_DECIDED = 10;
const FEW = 5;
let refilling = false;
let again = false; // something was decided since the page was asked for
let sending = 0;
let nothing = null; // what the server last said in place of cards

export const busy = (by) => (sending += by);

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
  nothing = page.querySelector(".empty");
  return [...page.querySelectorAll("#cards > .card, #cards .card")].filter((card) => isFresh(card));
}

function isFresh(card) {
  const here = find(card.id);
  return !here || (here.classList.contains("decided") && Number(here.dataset.version) < Number(card.dataset.version));
}

// Put cards before the first that waits, or after the last; what somebody reads stays where it is.
export function insert(fresh, where) {
  const taken = fresh.filter(isFresh).map((card) => document.adoptNode(card));
  keepPlace(() => {
    for (const card of taken) find(card.id)?.remove();
    const first = where === "top" ? waiting()[0] : null;
    if (first) first.before(...taken);
    else cards.append(...taken);
    for (const card of taken) localise(card);
  });
  if (taken.length) hideNothing();
  return taken;
}

export const hideNothing = () => document.querySelector(".empty")?.remove();

// A card of which there is a newer version: the same comment, edited or decided and undone meanwhile.
export async function renew(card) {
  const fresh = await fetchNewer(card);
  if (!fresh) return;
  const hadFocus = card.contains(document.activeElement);
  keepPlace(() => card.replaceWith(fresh));
  localise(fresh);
  if (hadFocus) fresh.focus({ preventScroll: true });
}

async function fetchNewer(card) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return document.adoptNode(page.getElementById(card.id));
  } catch {
    return null;
  }
}

// Keep a few cards ahead of whoever decides quickly. Once nothing waits any more, say so below what was just decided.
export async function refill() {
  if (waiting().length >= FEW) return;
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
  const taken = insert(fresh, "end");
  if (outpaced) go(taken[0]);
  if (again) {
    again = false;
    return refill();
  }
  if (taken.length || waiting().length || sending) return;
  const beginning = location.search.replace(/[?&]after=[^&]*/, "");
  if (beginning !== location.search) location.assign(location.pathname + beginning);
  else if (nothing && !document.querySelector(".empty")) cards.after(document.adoptNode(nothing));
}

function prune() {
  const over = (card) => card.querySelector(".outcome.good, .outcome.wait") && !card.contains(document.activeElement);
  const decided = [...cards.querySelectorAll(".card.decided")].filter(over);
  keepPlace(() => {
    for (const card of decided.slice(0, -KEEP_DECIDED)) card.remove();
  });
}
