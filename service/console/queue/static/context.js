// What is around a comment, opened in its card: the thread as a tree, and the author's latest comments. Without this
// script the same link leads to a page of its own.

import { say } from "../said.js";
import { askWho, failed, signInLink, whyNot } from "../sending.js";
import { renewAges } from "../times.js";
import { announce, cards, go, tell } from "./cards.js";

const way = (card) => card?.querySelector("a.open-context");
const opened = (card) => card.querySelector(":scope > .context");

function toggle(card) {
  const link = way(card);
  if (!link) return;
  if (opened(card) || link.dataset.asked) close(card);
  else open(card, link);
}

// A key that is held down, so that it repeats, shows the context for as long.
export function peek(card, { code }) {
  const closes = Boolean(opened(card));
  toggle(card);
  if (closes) return;
  let held = false;
  const hear = (event) => {
    if (event.code !== code) return;
    if (event.type === "keydown") {
      held ||= event.repeat;
      return;
    }
    removeEventListener("keydown", hear);
    removeEventListener("keyup", hear);
    if (held) close(card);
  };
  addEventListener("keydown", hear);
  addEventListener("keyup", hear);
}

// Close it, or let it stay away whose answer is on the way.
function close(card) {
  const link = way(card);
  const part = opened(card);
  if (link) delete link.dataset.asked;
  if (!part) return;
  const hadFocus = part.contains(document.activeElement);
  part.remove();
  link?.setAttribute("aria-expanded", "false");
  if (hadFocus) go(card);
}

let questions = 0;

async function open(card, link) {
  questions += 1;
  const question = String(questions);
  link.dataset.asked = question;
  const { part, answer = {} } = await ask(link.href);
  if (link.dataset.asked !== question) return; // it was closed meanwhile
  delete link.dataset.asked;
  if (!card.isConnected || card.classList.contains("decided")) return;
  if (!part) return tell(card, answer.message, "bad", ...signInLink(answer));
  part.removeAttribute("id");
  renewAges(part);
  card.append(part);
  link.setAttribute("aria-expanded", "true");
  announce(say("Thread and author are shown below the comment. Escape closes them."));
  part.scrollIntoView({ block: "nearest" });
}

async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (answer.redirected) return { answer: await askWho() };
    if (!answer.ok) return { answer: { message: failed(answer) } };
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return { part: document.adoptNode(page.getElementById("context")) };
  } catch (error) {
    return { answer: { message: whyNot(error) } };
  }
}

// A card that is replaced by a newer version keeps what was open in it.
export function keepContext(before, after) {
  const part = opened(before);
  if (!part) return;
  after.append(part);
  way(after)?.setAttribute("aria-expanded", "true");
}

for (const link of cards.querySelectorAll("a.open-context")) link.setAttribute("aria-expanded", "false");

cards.addEventListener("click", (event) => {
  const link = event.target.closest("a.open-context");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  toggle(link.closest(".card"));
});

cards.addEventListener("keydown", (event) => {
  const card = event.target.closest(".card");
  if (event.key === "Escape" && card && !event.target.matches("input, textarea, select")) close(card);
});
