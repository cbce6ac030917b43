// Hard cases without leaving the page: notes, whose turn it is, put off, skipped; and a reader's reports, dismissed.
// Without this script forms do the same.

import { say } from "../said.js";
import { signInLink } from "../sending.js";
import {
  announce,
  cards,
  find,
  go,
  keepFocus,
  keepPlace,
  link,
  neighbour,
  postForm,
  step,
  tell,
  tellInMenu,
} from "./cards.js";
import { add, foldAway } from "./decide.js";
import { openTo } from "./popovers.js";
import { fetchNewer } from "./queue.js";

const form = (card, name) => card?.querySelector(`form.case.${name}`);
const press = (card, name, value) => form(card, name)?.querySelector(`button[value=${value}]:not([hidden])`)?.click();

export const assign = (card) => press(card, "assign", "me");
export const askAdmin = (card) => press(card, "assign", "admins");
export const skip = (card) => form(card, "skip-it")?.querySelector("button").click();
export const tab = (which) => document.querySelector(`#tabs a${which}`)?.click();
export const note = (card) => unfold(card, "write-note", "textarea");
export const give = (card) => unfold(card, "assign", "[name=colleague]");

export function later(card) {
  if (form(card, "put-off")?.querySelector("[value=call_back]")) press(card, "put-off", "call_back");
  else unfold(card, "put-off", "select");
}

function unfold(card, name, field) {
  const found = form(card, name)?.querySelector(field);
  if (found) openTo(found);
}

// Show anew what colleagues made of a comment, and leave alone what somebody may be writing.
export async function renewHandling(card) {
  const fresh = await fetchNewer(card);
  if (!fresh || !card.isConnected) return;
  keepPlace(() => {
    for (const part of [".turn", ".handled"]) {
      const [before, after] = [card, fresh].map((one) => one.querySelector(part));
      if (before && after && !before.contains(document.activeElement)) before.replaceWith(after);
    }
  });
}

cards.addEventListener("submit", (event) => {
  if (!event.target.matches("form.case, form.dismissal")) return;
  event.preventDefault();
  // Whoever leaves it to others reads on at once: an answer that came later would take them from what they do then.
  if (event.target.matches(".skip-it")) leaveToOthers(event.target.closest(".card"));
  (event.target.matches(".dismissal") ? dismiss : send)(event.target, event.submitter);
});

function leaveToOthers(card) {
  card.querySelector("details.more").open &&= false;
  if (neighbour(card, 1)) step(1);
}

cards.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("form.case :is(textarea, input, select)"))
    go(event.target.closest(".card"));
});

async function send(sent, button) {
  const card = sent.closest(".card");
  const answer = await postForm(sent, button);
  if (!answer) return;
  announce(answer.message);
  if (!answer.ok) {
    const show = sent.closest(".more-body")?.parentElement.open ? tellInMenu : tell;
    return show(card, answer.message, "bad", ...signInLink(answer));
  }
  const focused = sent.contains(document.activeElement);
  if (sent.matches(".write-note")) sent.elements.text.value = "";
  if (sent.matches(".put-off")) return away(card, answer.message);
  if (focused) card.focus({ preventScroll: true });
  if (!sent.matches(".skip-it")) card.querySelector("details.more").open &&= false;
  tell(card, answer.message, "good");
  await renewHandling(find(card.id) ?? card);
}

function away(card, message) {
  const next = neighbour(card, 1) ?? neighbour(card, -1);
  const stays = card.contains(document.activeElement) || document.activeElement === document.body;
  foldAway(card, message);
  card.dataset.away = "yes";
  if (next && stays) go(next);
}

// What only this reader had reported leaves the queue. It is taken back where it was done, or among the last decisions.
async function dismiss(sent, button) {
  const card = sent.closest(".card");
  const answer = await postForm(sent, button);
  if (!answer) return;
  const inLine = (...told) => sent.parentElement.querySelector("span").replaceChildren(...told);
  if (!answer.ok) return inLine(answer.message, ...signInLink(answer));
  announce(answer.message);
  if (!answer.undo_at) return inLine(answer.message);
  keepFocus(card, () => (sent.hidden = true));
  const left = answer.left.includes(card.id);
  if (left) away(card, answer.message);
  const takeBack = link(say("Take it back"), add(card, answer.message, answer.undo_at));
  if (left) tell(card, answer.message, "good", " ", takeBack);
  else inLine(answer.message, " ", takeBack);
}
