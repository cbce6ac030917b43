// Makes work in the list of all comments quicker: it is decided in its place, and by keys. Without it every form works.

import { offerKeys, showKeys } from "../key_list.js";
import {
  announce,
  cards,
  current,
  find,
  go,
  isSettled,
  link,
  onCard,
  post,
  step,
  steps,
  tell,
} from "../queue/cards.js";
import { say } from "../said.js";
import { signInLink } from "../sending.js";
import { listen } from "../shortcuts.js";
import { renewAges } from "../times.js";

const MOST_REMEMBERED = 20;
// Characters of an answer that fit beside a row's first line.
const BRIEF = 20;
// What was decided on this page, the latest last: {id, address, version}.
const decisions = [];

// The row as the server has it now, in the place of what was there; what was ticked and in focus stays so.
async function renew(row) {
  const query = new URLSearchParams({ back: cards.dataset.back, site: cards.dataset.site });
  const answer = await fetch(`${row.dataset.row}?${query}`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return row;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const there = page.getElementById(row.id);
  if (!there) return row; // the person is signed out, say
  const fresh = document.adoptNode(there);
  const hadFocus = row.contains(document.activeElement);
  renewAges(fresh);
  row.replaceWith(fresh);
  if (hadFocus) fresh.focus({ preventScroll: true });
  return fresh;
}

async function decide(form, button) {
  const row = form.closest(".card");
  if (row.dataset.sending) return;
  row.dataset.sending = "1";
  tell(row, button.dataset.doing, "wait brief");
  const fields = new URLSearchParams(new FormData(form, button));
  const answer = await post(form.getAttribute("action"), fields);
  delete row.dataset.sending;
  if (!answer.ok) {
    const open = answer.status === 422 ? form.querySelector(".reasoning") : null;
    const now = answer.status === 409 ? await renew(row) : row;
    tell(now, answer.message, "bad", ...signInLink(answer));
    announce(answer.message);
    if (open) askReason(row);
    return;
  }
  const decision = { id: row.id, address: answer.undo, version: answer.version };
  decisions.push(decision);
  if (decisions.length > MOST_REMEMBERED) decisions.shift();
  const fresh = await renew(row);
  const said = `${answer.message} `;
  const kind = said.length < BRIEF ? "good brief" : "good";
  tell(fresh, said, kind, undoLink(decision));
  announce(answer.message);
}

const undoLink = (decision) => link(say("Undo"), () => undo(decision));

async function undo(decision) {
  const at = decisions.indexOf(decision);
  if (at === -1) return;
  decisions.splice(at, 1);
  const answer = await post(decision.address, { version: decision.version });
  const row = find(decision.id);
  const fresh = await renew(row);
  const canBeTried = !answer.ok && !isSettled(answer);
  if (canBeTried) decisions.splice(at, 0, decision);
  const again = canBeTried ? [" ", undoLink(decision)] : [];
  tell(fresh, answer.message, answer.ok ? "good" : "bad", ...signInLink(answer), ...again);
  announce(answer.message);
  go(fresh);
}

function askReason(row) {
  const details = row.querySelector(".reasoning");
  if (!details) return;
  details.open = true;
  details.querySelector("select").focus();
}

function press(action) {
  const selected = cards.querySelector("input[name=select]:checked");
  if (selected) return document.querySelector(`#selection [value=${action}]`).click();
  const row = current();
  const button = row?.querySelector(`form.decision [value=${action}]`);
  if (!row) return step(1);
  if (!button) return tell(row, say("That is how it is already, or it cannot be decided."), "wait");
  button.click();
  step(1);
}

const undoLast = () =>
  decisions.length ? undo(decisions.at(-1)) : announce(say("Nothing was decided on this page yet."));
const search = () => document.querySelector("main [type=search]").focus();
const everywhere = { "/": search, "?": showKeys };
const onRows = {
  ...steps,
  p: () => press("publish"),
  f: () => press("publish"),
  r: () => press("reject"),
  d: () => press("reject"),
  e: onCard(askReason),
  u: undoLast,
  z: undoLast,
  h: onCard((row) => row.querySelector(".veil summary")?.click()),
  o: onCard((row) => row.querySelector(".own-page").click()),
  y: onCard((row) => row.querySelector("a.name")?.click()),
};
listen(cards ? { ...onRows, ...everywhere } : everywhere);

// Enter in the field for a note is the decision that the row offers; where it offers both, to reject.
document.addEventListener("keydown", (event) => {
  const form = event.key === "Enter" && event.target.closest?.("#cards .reasoning")?.closest("form");
  if (!form || event.target.matches("summary")) return;
  event.preventDefault();
  (form.querySelector("[value=reject]") ?? form.querySelector("[value=publish]")).click();
  form.closest(".card").focus({ preventScroll: true });
});

// Escape leaves the fields for a reason and a note, as in the queue; they close if nothing is in them.
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest?.("#cards .reasoning")?.closest("form");
  if (!form) return;
  if (!form.elements.code.value && !form.elements.reason.value) form.querySelector(".reasoning").open = false;
  go(form.closest(".card"));
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("#cards form.decision")) return;
  event.preventDefault();
  decide(event.target, event.submitter);
});

offerKeys();
if (cards) await import("../queue/place.js");
