// Whether the server can be reached: said once for the whole page, and taken back, with what cards said of it, when it
// is there again. Whatever asks the server tells of it by an event; `detail` is when it asked, in ms.

import { say } from "../said.js";

const sign = document.createElement("p");
sign.className = "note bad";
sign.id = "away";
sign.setAttribute("role", "status");
document.getElementById("floating").prepend(sign);
sign.hidden = true;

let awayAt = 0;

export const isAway = () => !sign.hidden;

function away() {
  awayAt = performance.now();
  if (!sign.hidden) return;
  sign.hidden = false;
  sign.textContent = say("The server cannot be reached. Read on; what you decide now comes back to its card.");
}

// What was asked before the server was away, and is answered late, does not show that it is there again.
function reached({ detail: sent }) {
  if (sign.hidden || sent < awayAt) return;
  sign.hidden = true;
  sign.textContent = "";
  for (const note of document.querySelectorAll("[data-away]")) {
    note.textContent = note.dataset.away;
    delete note.dataset.away;
    note.closest(".note").classList.replace("bad", "wait");
  }
}

document.addEventListener("winnow:away", away);
document.addEventListener("winnow:reached", reached);
addEventListener("offline", away);

// The same note, once the server is there again.
export function untilReached(note, answer, which = "") {
  if (answer.status === 0) note.dataset.away = which + say("The server is there again: try once more.");
}
