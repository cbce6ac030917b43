// Shows what others do as it happens: new cards, decisions, and who has which comment open. A stream of events says
// that there is something to see; where there is none (no room, no Redis, no connection) the page asks every few seconds.

import { number as inFigures, say } from "../said.js";
import { signInLink } from "../sending.js";
import { announce, cards, find, go, settle, waiting, writesAbout } from "./cards.js";
import { renewHandling } from "./cases.js";
import { isMine, show as showClaim, showJoined } from "./claims.js";
import { complain, foldAway } from "./decide.js";
import { fetchFresh, insert, isSending, renew } from "./queue.js";
import { isAway } from "./reach.js";

const POLL_MS = 4000;
const TRY_AGAIN_MS = 30_000;
const LOOK_AGAIN_MS = 3000;
const HIDDEN_MS = 30_000;
const SIGNED_OUT = say("You are no longer signed in, and do not see here what others do. What you typed is kept.");
const CHANGED = say("This comment was changed just now. You see the new text when you leave this card.");

const title = document.title;
const news = document.getElementById("news");
let fresh = [];
const opened = new Set(); // ids of comments that began to wait again while this page was open
let since = cards.dataset.now;
let polling = null;
let source = null;
let over = false;

// Ask the server for the state of the cards on the page, and for new items.
async function look(ids = waiting().map((card) => card.id)) {
  const query = new URLSearchParams({ since, cards: ids.slice(0, 200).join(",") });
  const sent = performance.now();
  let found;
  try {
    const answer = await fetch(`${cards.dataset.changes}?${query}`, { headers: { Accept: "application/json" } });
    document.dispatchEvent(new CustomEvent("winnow:reached", { detail: sent }));
    if (over || (source?.readyState === EventSource.OPEN && !isAway())) stopPolling();
    found = await answer.json();
    if (answer.status === 401) return document.dispatchEvent(new CustomEvent("winnow:signed-out", { detail: found }));
    if (!answer.ok) return;
  } catch (error) {
    if (error instanceof TypeError) document.dispatchEvent(new Event("winnow:away"));
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
  if (by || !isMine(id)) showClaim(id, by);
  const here = cards.dataset.view === "put_off" ? putOff : waits;
  if (Number(card.dataset.version) >= version) {
    if (!here) leave(card, waits ? say("It waits in the queue again.") : message);
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

// What only moves up, since those before it were decided, is not new.
const isNew = (card) => opened.has(card.id) || Number(card.dataset.opened) > Number(cards.dataset.now);

async function showNews() {
  fresh = (await fetchFresh())?.filter(isNew) ?? fresh.filter((card) => !find(card.id));
  news.hidden = !fresh.length;
  const values = { number: inFigures(fresh.length) };
  const text = fresh.length === 1 ? say("%(number)s new, show it", values) : say("%(number)s new, show them", values);
  if (fresh.length && news.textContent !== text) announce(say("%(number)s new", values));
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

// Whether the comment is on the page and waits there, or is about to: not where another tab has brought it back.
const isHere = (id) => find(id) && (isSending() || !find(id).classList.contains("decided"));

function hear(event) {
  const message = JSON.parse(event.data);
  const { kind, comments, by } = message;
  document.dispatchEvent(new CustomEvent("winnow:live", { detail: message })); // for scripts of other parts
  if (kind === "opened" && by === cards.dataset.me && comments.every(isHere)) return; // an undo of this page's own
  if (kind === "opened" || kind === "handled") for (const id of comments) opened.add(id);
  const here = comments.filter((id) => find(id) && !find(id).classList.contains("decided"));
  if (kind === "decided" && here.length) look(here);
  else if (kind === "claimed") for (const id of here) showClaim(id, by);
  else if (kind === "released") for (const id of here) showClaim(id, null);
  else if (kind === "joined") for (const id of here) showJoined(id, by);
  else if (kind === "left") for (const id of here) showJoined(id, null);
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

function poll() {
  polling ??= setInterval(() => document.hidden || look(), POLL_MS);
}

function stopPolling() {
  clearInterval(polling);
  polling = null;
}

function listen() {
  if (over) return;
  source = new EventSource(cards.dataset.events);
  source.addEventListener("connected", () => {
    stopPolling();
    look(); // what happened while nobody listened
  });
  source.addEventListener("message", hear);
  source.addEventListener("over", () => look());
  source.addEventListener("error", () => {
    if (!polling) look();
    poll();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, TRY_AGAIN_MS);
  });
}

// Nothing more is asked until somebody is there again, in another tab or in this one.
function signedOut({ detail }) {
  if (over) return;
  over = true;
  source?.close();
  stopPolling();
  complain(SIGNED_OUT, "bad", null, ...signInLink(detail, say(", and go on here.")));
}

// Somebody has signed in again in another tab.
function comeBack() {
  over = false;
  const trouble = document.getElementById("trouble");
  trouble.hidden ||= trouble.textContent.includes(SIGNED_OUT);
  document.dispatchEvent(new Event("winnow:signed-in"));
  listen();
}

news.addEventListener("click", takeNews);
document.addEventListener("winnow:signed-out", signedOut);
document.addEventListener("winnow:away", poll); // the stream may have survived what a request did not
addEventListener("online", () => look());
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
