// Shows what others do as it happens: new cards, decisions, and who has which comment open. A stream of events says
// that there is something to see; where there is none (no room, no Redis, no connection) the page asks every few seconds.

import { announce, cards, find, go, settle, signInLink, waiting, writesAbout } from "./cards.js";
import { renewHandling } from "./cases.js";
import { show as showClaim } from "./claims.js";
import { foldAway, say } from "./decide.js";
import { fetchFresh, insert, renew } from "./queue.js";

const POLL_MS = 4000;
const TRY_AGAIN_MS = 30_000;
const LOOK_AGAIN_MS = 3000;
const HIDDEN_MS = 30_000;
const SIGNED_OUT = "You are no longer signed in, and do not see here what others do.";
const CHANGED = "This comment was changed just now. You see the new text when you leave this card.";

const title = document.title;
const news = document.getElementById("news");
let fresh = [];
let since = cards.dataset.now;
let polling = null;
let source = null;
let over = false;

// Ask the server for the state of the cards on the page, and for new items.
async function look(ids = waiting().map((card) => card.id)) {
  const query = new URLSearchParams({ since, cards: ids.slice(0, 200).join(",") });
  let found;
  try {
    const answer = await fetch(`${cards.dataset.changes}?${query}`, { headers: { Accept: "application/json" } });
    found = await answer.json();
    if (answer.status === 401) return signedOut(found);
    if (!answer.ok) return;
  } catch {
    return;
  }
  since = found.now;
  if (over) comeBack();
  for (const [id, state] of Object.entries(found.cards)) apply(id, state);
  if (found.opened) lookForNew();
}

function apply(id, { version, waits, put_off: putOff, message, by }) {
  const card = find(id);
  if (!card || card.classList.contains("decided") || card.classList.contains("settled")) return;
  showClaim(id, by);
  const here = cards.dataset.view === "put_off" ? putOff : waits;
  if (Number(card.dataset.version) >= version) {
    if (!here) leave(card, waits ? "It waits in the queue again." : message);
    return;
  }
  const lookAgain = () => look([id]);
  if (waits) {
    if (writesAbout(card)) settle(card, CHANGED, lookAgain);
    else renew(card, () => settle(card, CHANGED, lookAgain));
  } else if (card.contains(document.activeElement) || writesAbout(card)) settle(card, message, lookAgain);
  else foldAway(card, message);
}

// The comment was put off or called back: it is on another tab now, and may come back to this one.
function leave(card, message) {
  if (writesAbout(card)) return;
  foldAway(card, message);
  card.dataset.away = "yes";
}

// Call at once, and then every few seconds at most, however many events come.
let looking = null;
let again = false;
function lookForNew() {
  if (looking) {
    again = true;
    return;
  }
  looking = setTimeout(() => {
    looking = null;
    if (again) lookForNew();
    again = false;
  }, LOOK_AGAIN_MS);
  showNews();
}

async function showNews() {
  fresh = (await fetchFresh()) ?? fresh;
  news.hidden = !fresh.length;
  const text = `${fresh.length} new, show ${fresh.length === 1 ? "it" : "them"}`;
  if (fresh.length && news.textContent !== text) announce(`${fresh.length} new`);
  news.textContent = text;
  tellTab();
}

// The tab says how many are new, to whoever works in another.
function tellTab() {
  document.title = fresh.length ? `(${fresh.length}) ${title}` : title;
}

export function takeNews() {
  if (news.hidden) return;
  news.hidden = true;
  news.textContent = "";
  const taken = insert(fresh, "top");
  fresh = [];
  tellTab();
  go(taken[0]);
}

function hear(event) {
  const message = JSON.parse(event.data);
  const { kind, comments, by } = message;
  document.dispatchEvent(new CustomEvent("winnow:live", { detail: message })); // for scripts of other parts
  if (kind === "opened" && by === cards.dataset.me && comments.every(find)) return; // an undo of this page's own
  const here = comments.filter((id) => find(id) && !find(id).classList.contains("decided"));
  if (kind === "decided" && here.length) look(here);
  else if (kind === "claimed") for (const id of here) showClaim(id, by);
  else if (kind === "released") for (const id of here) showClaim(id, null);
  else if (kind === "author") for (const id of here) refresh(find(id));
  else if (kind === "handled") {
    for (const id of here) renewHandling(find(id));
    if (here.length) look(here);
    else lookForNew();
  } else if (kind === "opened") {
    if (here.length) look(here);
    lookForNew();
  }
}

// What is known of the author is another. A card in which somebody writes, or has a menu open, stays as it is.
function refresh(card) {
  const isBusy = () => writesAbout(card) || card.querySelector("details.more[open]");
  if (!isBusy()) renew(card, () => {}, isBusy);
}

function listen() {
  if (over) return;
  source = new EventSource(cards.dataset.events);
  source.addEventListener("connected", () => {
    clearInterval(polling);
    polling = null;
    look(); // what happened while nobody listened
  });
  source.addEventListener("message", hear);
  source.addEventListener("over", () => look());
  source.addEventListener("error", () => {
    if (!polling) look();
    polling ??= setInterval(() => document.hidden || look(), POLL_MS);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, TRY_AGAIN_MS);
  });
}

function signedOut(answer) {
  if (over) return;
  over = true;
  source?.close();
  clearInterval(polling);
  polling = null;
  say(SIGNED_OUT, "bad", null, ...signInLink(answer));
}

// Somebody has signed in again in another tab.
function comeBack() {
  over = false;
  document.getElementById("trouble").hidden = true;
  listen();
}

news.addEventListener("click", takeNews);
addEventListener("focus", () => over && look());
document.addEventListener("winnow:sent", () => over && look());
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && listen());

// A hidden page gives up its stream, so that others can have one.
let leaving = null;
document.addEventListener("visibilitychange", () => {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(() => source?.close(), HIDDEN_MS);
  else if (over) look();
  else source?.readyState === EventSource.CLOSED && !polling ? listen() : look();
});

listen();
