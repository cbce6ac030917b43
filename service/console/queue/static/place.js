// Back to the queue leads to the card that somebody left, so that the keys go on from there.

import { cards, find, typing } from "./cards.js";

const here = `winnow-place ${location.pathname}${location.search}`;
let left = null;

cards.addEventListener("focusin", (event) => {
  left = event.target.closest(".card")?.id ?? left;
});
addEventListener("pagehide", () => left && sessionStorage.setItem(here, left));

const [arrival] = performance.getEntriesByType("navigation");
const card = arrival?.type === "back_forward" && find(sessionStorage.getItem(here) ?? "");
if (card && !typing()) card.focus({ preventScroll: true });
