// Claims the comment that somebody has open, so that two people do not read the same one; and shows others' claims.
// The server ends a claim after a minute unless it is renewed.

import { say } from "../said.js";
import { announce, cards, csrfToken, find, post } from "./cards.js";

const SETTLE_MS = 400;
const RENEW_MS = 25_000;
const SHOWN_MS = 70_000;

const address = (id, what) => `${cards.dataset.comments}/${id}/${what}`;
const timers = new Map();
let held = null;
let isFirst = false; // nobody had it open before
let soon = null;
let isSignedOut = false; // then nothing is claimed, until somebody has signed in again

export const isMine = (id) => id === held && isFirst;

async function take(card) {
  if (isSignedOut) return;
  const answer = await post(address(card.id, "claim"), {});
  if (!answer.ok) return;
  if (answer.by) announce(say("%(name)s is looking at this.", { name: answer.by }));
  if (answer.by || !isFirst) show(card.id, answer.by); // whom the first was told of stays
  isFirst = !answer.by;
}

function leave() {
  if (held && !isSignedOut && !find(held)?.classList.contains("decided")) post(address(held, "release"), {});
  held = null;
}

function come(card) {
  clearTimeout(soon);
  if (card.id === held || card.classList.contains("decided")) return;
  soon = setTimeout(() => {
    leave();
    if (!card.isConnected || card.classList.contains("decided")) return;
    held = card.id;
    isFirst = false;
    take(card);
  }, SETTLE_MS);
}

// Somebody else opened what this person has open, or (null) left it. On other people's pages the first is named.
export function showJoined(id, name) {
  if (!isMine(id)) return;
  if (name && !find(id)?.querySelector(".badge.claim")) announce(say("%(name)s is looking at this, too.", { name }));
  show(id, name, say("%(name)s is looking at this, too", { name }));
}

// The other person who has claimed the comment; null: nobody.
export function show(id, name, told = say("%(name)s is looking at this", { name })) {
  clearTimeout(timers.get(id));
  const card = find(id);
  if (!card) return;
  let badge = card.querySelector(".badge.claim");
  if (!name || name === cards.dataset.me) return badge?.remove();
  if (!badge) {
    badge = Object.assign(document.createElement("span"), { className: "badge claim" });
    (card.querySelector(".badges") ?? card.querySelector("header")).prepend(badge);
  }
  badge.textContent = told;
  timers.set(
    id,
    setTimeout(() => show(id, null), SHOWN_MS),
  );
}

cards.addEventListener("focusin", (event) => {
  const card = event.target.closest(".card");
  if (card?.querySelector("form.decision")) come(card); // who may only look holds nobody up
});

setInterval(() => {
  const card = held && find(held);
  if (card && !document.hidden && !card.classList.contains("decided")) take(card);
}, RENEW_MS);

document.addEventListener("winnow:signed-out", () => (isSignedOut = true));
document.addEventListener("winnow:signed-in", () => {
  isSignedOut = false;
  if (held && find(held)) take(find(held));
});

addEventListener("pagehide", () => {
  if (held && !isSignedOut)
    navigator.sendBeacon(address(held, "release"), new URLSearchParams({ csrf_token: csrfToken() }));
  held = null;
});
