// What somebody chose to keep well: comments that are hidden until they ask, a reminder of breaks, enough for a day.

import { say } from "../said.js";
import { announce, go, post } from "./cards.js";

const pause = document.getElementById("pause");

// Show the comment of a card, or hide it again.
export function showHidden(card) {
  const veil = card?.querySelector(".veil");
  if (!veil) return;
  veil.open = !veil.open;
  announce(veil.open ? say("The comment is shown.") : say("The comment is hidden."));
}

// What the server said with a decision. When it is enough for the day, the queue says so in place of its cards.
export function remind(reminder, isBusy) {
  if (!reminder) return;
  if (reminder.kind === "cap") {
    if (!isBusy()) location.reload();
    return;
  }
  pause.querySelector("p").textContent = reminder.text;
  pause.hidden = false;
}

// Nothing of the page is lost by going on.
async function goOn(event) {
  const form = event.target;
  if (form.elements.kind.value !== "break") return;
  event.preventDefault();
  const lastOn = document.querySelector("#cards .card:not(.decided)");
  const answer = await post(form.getAttribute("action"), new URLSearchParams(new FormData(form)));
  if (!answer.ok) return form.submit();
  form.hidden = true;
  go(lastOn);
}

for (const form of document.querySelectorAll(".pause")) form.addEventListener("submit", goOn);
