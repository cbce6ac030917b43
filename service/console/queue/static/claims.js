// Claims the comment that somebody has open, so that two people do not read the same one; and shows others' claims.
// The server ends a claim after a minute unless it is renewed.

import { announce, cards, csrfToken, find, post } from "./cards.js";

const SETTLE_MS = 400;
const RENEW_MS = 25_000;
const SHOWN_MS = 70_000;

const address = (id, what) => `${cards.dataset.comments}/${id}/${what}`;
const timers = new Map();
let held = null;
let soon = null;

async function take(card) {
  const answer = await post(address(card.id, "claim"), {});
  if (!answer.ok) return;
  if (answer.by) announce(`${answer.by} is looking at this.`);
  show(card.id, answer.by);
}

function leave() {
  if (held && !find(held)?.classList.contains("decided")) post(address(held, "release"), {});
  held = null;
}

function come(card) {
  clearTimeout(soon);
  if (card.id === held || card.classList.contains("decided")) return;
  soon = setTimeout(() => {
    leave();
    if (!card.isConnected || card.classList.contains("decided")) return;
    held = card.id;
    take(card);
  }, SETTLE_MS);
}

// The other person who has claimed the comment; null: nobody.
export function show(id, name) {
  clearTimeout(timers.get(id));
  const card = find(id);
  if (!card) return;
  let badge = card.querySelector(".badge.claim");
  if (!name || name === cards.dataset.me) return badge?.remove();
  if (!badge) {
    badge = Object.assign(document.createElement("span"), { className: "badge claim" });
    (card.querySelector(".badges") ?? card.querySelector("header")).prepend(badge);
  }
  badge.textContent = `${name} is looking at this`;
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

addEventListener("pagehide", () => {
  if (held) navigator.sendBeacon(address(held, "release"), new URLSearchParams({ csrf_token: csrfToken() }));
  held = null;
});
