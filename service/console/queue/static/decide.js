// Deciding without leaving the page: the card folds and the next one is there at once, while the decision is sent.
// A decision is called done only when the server has accepted it; otherwise the card comes back.

import { given, keepGiven, openReasons, showGiven, whenChosen } from "../card/reasons.js";
import { say } from "../said.js";
import { signInLink } from "../sending.js";
import {
  announce,
  cards,
  current,
  find,
  go,
  isSettled,
  keepPlace,
  link,
  neighbour,
  post,
  tell,
  typing,
  untell,
} from "./cards.js";
import { remind } from "./pausing.js";
import { busy, countAnew, fetchFresh, hideNothing, insert, isSending, refill, renew } from "./queue.js";
import { untilReached } from "./reach.js";

const MOST_REMEMBERED = 20;
const MOST_WORDS = 80;
const MOST_OF_A_NAME = 40;
const STORE = "winnow-decisions";

const recent = document.getElementById("recent");
const trouble = document.getElementById("trouble");

// The last decisions of this tab, the latest first: {card, author, words, text, address, version, sent}. `words` are the
// comment's first; `sent` is the promise that the server accepted it, and that it can be undone. Readers' reports that
// were dismissed are among them: they have no version, which is 0 then.
const decisions = remembered();

function remembered() {
  try {
    const { me, list } = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
    return me === cards.dataset.me ? list.map((one) => ({ ...one, sent: Promise.resolve(true) })) : [];
  } catch {
    return [];
  }
}

function remember() {
  decisions.length = Math.min(decisions.length, MOST_REMEMBERED);
  const list = decisions
    .filter((one) => one.address)
    .map(({ card, author, words, text, address, version }) => ({ card, author, words, text, address, version }));
  sessionStorage.setItem(STORE, JSON.stringify({ me: cards.dataset.me, list }));
  recent.hidden = !list.length;
  recent.querySelector("ol").replaceChildren(
    ...decisions
      .filter((one) => one.address)
      .map((one) => {
        const entry = document.createElement("li");
        const author = document.createElement("bdi");
        author.textContent = one.author;
        const takeBack = () => {
          recent.open = false;
          undo(one);
        };
        const words = document.createElement("q");
        words.textContent = one.words ?? "";
        words.dir = "auto";
        entry.append(author, ` ${one.text} `, link(say("Undo"), takeBack), words);
        return entry;
      }),
  );
}

function forget(decision) {
  const at = decisions.indexOf(decision);
  if (at !== -1) decisions.splice(at, 1);
  return at;
}

// A double click is one click: the next card's button may stand where the first click was.
cards.addEventListener(
  "click",
  (event) => {
    if (event.detail > 1 && event.target.closest("form.decision button")) event.preventDefault();
  },
  true,
);

function fold(card, text, kind, ...extra) {
  const next = neighbour(card, 1) ?? neighbour(card, -1);
  const hadFocus = card.contains(document.activeElement);
  card.classList.add("decided");
  tell(card, text, kind, ...extra);
  if (hadFocus) go(next ?? card);
}

// Another person decided: the card folds and says so, and nothing on the page moves.
export function foldAway(card, text) {
  if (card.classList.contains("decided")) return;
  keepPlace(() => fold(card, text, "wait"));
  announce(text);
  refill();
}

// Show a message that belongs to no card on the page; `show` leads to its comment.
export function complain(text, kind, show = null, ...extra) {
  trouble.className = `note ${kind}`;
  trouble.querySelector("span").replaceChildren(text, ...extra);
  trouble.querySelector("button").hidden = !show;
  trouble.querySelector("button").onclick = show;
  trouble.hidden = false;
}

const visit = (decision) => () => location.assign(`${cards.dataset.comments}/${decision.card}`);

function comeBack(card, answer, { verb, author, words }) {
  hideNothing();
  keepPlace(() => {
    card.classList.remove("decided");
    tell(card, answer.message, "bad", ...signInLink(answer));
  });
  untilReached(card.querySelector(".outcome"), answer);
  const which = `${verb}, ${author}${words && ` “${words}”`}: `;
  const show = () => {
    trouble.hidden = true;
    go(card);
  };
  complain(which + answer.message, "bad", show, ...signInLink(answer));
  untilReached(trouble.querySelector("span"), answer, which);
  if (!typing() && (!current() || current().classList.contains("decided"))) go(card);
}

const shortened = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

function beginning(card) {
  if (card.querySelector(":not(.hides-grey) > .veil:not([open])")) return "";
  const words = card.querySelector(".written")?.textContent.trim() ?? "";
  return shortened(words, MOST_WORDS);
}

const ofCard = (card) => ({
  card: card.id,
  author: shortened(card.querySelector("h2, h1")?.textContent.trim() ?? "", MOST_OF_A_NAME),
  words: beginning(card),
});

// What was done about a card and is no decision on it, but can be undone like one. Returns how.
export function add(card, text, address) {
  const done = { ...ofCard(card), text, address, version: 0, sent: Promise.resolve(true) };
  decisions.unshift(done);
  remember();
  return () => undo(done);
}

async function send(form, button) {
  const card = form.closest(".card");
  if (card.classList.contains("decided") || card.classList.contains("settled")) return;
  if (button.name === "reject_for") form.elements.code.value = button.value;
  const { code, note } = given(form);
  const rejects = button.name === "reject_for" || button.value === "reject";
  if (rejects && "reasonRequired" in form.dataset && !code && !note) return askReason(card);
  const body = new URLSearchParams(new FormData(form, button));
  if (rejects) keepGiven({ code, note });
  const decision = { ...ofCard(card), sent: null };
  let settle;
  decision.sent = new Promise((resolve) => (settle = resolve));
  decisions.unshift(decision);
  trouble.hidden = true;
  untell(card);
  form.querySelector(".reasoning").open = false;
  fold(card, button.dataset.doing, "");
  busy(1);
  refill();
  const answer = await post(form.getAttribute("action"), body);
  busy(-1);
  if (answer.ok) {
    Object.assign(decision, { text: answer.message, address: answer.undo, version: answer.version });
    card.dataset.version = answer.version;
    const takeBack = link(say("Undo"), () => undo(decision));
    if (decisions.includes(decision)) keepPlace(() => tell(card, answer.message, "good", " ", takeBack));
    announce(answer.message);
  } else {
    forget(decision);
    if (isSettled(answer)) {
      keepPlace(() => tell(card, answer.message, "wait"));
      announce(answer.message);
    } else {
      const verb = form.querySelector(`[name=action][value=${rejects ? "reject" : "publish"}]`).firstChild.textContent;
      comeBack(card, answer, { ...decision, verb: verb.trim() });
      showGiven(form);
    }
  }
  settle(answer.ok);
  remember();
  refill();
  remind(answer.reminder, isSending);
}

export async function undoLast() {
  if (!decisions.length) return complain(say("There is nothing to undo in this tab."), "wait");
  await undo(decisions[0]);
}

async function undo(decision) {
  const at = forget(decision);
  if (at === -1) return;
  const card = find(decision.card);
  trouble.hidden = true;
  if (card) tell(card, say("Undoing…"), "");
  busy(1);
  const answer = (await decision.sent) && (await post(decision.address, { version: decision.version }));
  busy(-1);
  if (!answer) return;
  if (answer.ok) await unfold(decision, answer);
  else {
    if (card) {
      tell(card, answer.message, "bad", ...signInLink(answer));
      untilReached(card.querySelector(".outcome"), answer);
    }
    const what = say("The decision on the comment by %(name)s was not taken back.", { name: decision.author });
    complain(`${what} ${answer.message}`, "bad", visit(decision), ...signInLink(answer));
    if (!isSettled(answer)) decisions.splice(at, 0, decision); // it can be tried again
  }
  remember();
}

async function unfold(decision, { message, version }) {
  let card = find(decision.card);
  if (card && !decision.version) await renew(card, () => {}); // it has its reports again
  card = find(decision.card);
  if (!card || card.dataset.away) {
    insert((await fetchFresh())?.filter(({ id }) => id === decision.card) ?? [], "top");
    card = find(decision.card);
  }
  countAnew();
  announce(message);
  // A comment that was decided on another page comes back there, so this page says so.
  if (!card || card.dataset.away)
    return complain(
      `${say("The comment by %(name)s:", { name: decision.author })} ${message}`,
      "good",
      visit(decision),
    );
  const form = card.querySelector("form.decision");
  if (version) card.dataset.version = version;
  if (version && form) form.elements.version.value = version;
  card.classList.remove("decided");
  hideNothing();
  tell(card, message, "good");
  if (!typing()) go(card);
}

export const askReason = (card) => card && !card.classList.contains("settled") && openReasons(card);

whenChosen((card, { code, note }) => {
  const form = card.querySelector("form.decision");
  form.elements.code.value = code;
  form.elements.reason.value = note;
  send(form, form.querySelector("[name=action][value=reject]"));
});

cards.addEventListener("submit", (event) => {
  if (!event.submitter || !event.target.matches("form.decision")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

cards.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("form.decision [name=reason]")) go(event.target.closest(".card"));
});

document.querySelector("form.who")?.addEventListener("submit", () => sessionStorage.removeItem(STORE));

recent.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  recent.open = false;
  if (lately?.isConnected) go(lately);
  else recent.querySelector("summary").focus();
});

// The card on which somebody was, to which they come back from the last decisions.
let lately = null;
cards.addEventListener("focusin", (event) => (lately = event.target.closest(".card")));

remember();
export const press = (card, action) => card?.querySelector(`form.decision [name=action][value=${action}]`)?.click();
