// Deciding without leaving the page: the card folds and the next one is there at once, while the decision is sent.
// A decision is called done only when the server has accepted it; otherwise the card comes back.

import { say } from "../said.js";
import {
  announce,
  cards,
  current,
  find,
  go,
  keepPlace,
  link,
  neighbour,
  post,
  signInLink,
  tell,
  typing,
  untell,
} from "./cards.js";
import { remind } from "./pausing.js";
import { busy, fetchFresh, hideNothing, insert, isSending, refill } from "./queue.js";
import { untilReached } from "./reach.js";

const MOST_REMEMBERED = 20;
const MOST_WORDS = 80;
const STORE = "winnow-decisions";
const SETTLED_ELSEWHERE = [404, 409, 410];

const recent = document.getElementById("recent");
const trouble = document.getElementById("trouble");
const reasons = document.getElementById("reasons");
const missing = document.getElementById("reason-missing");

// The last decisions of this tab, the latest first: {card, author, words, text, address, version, sent}. `words` are the
// comment's first; `sent` is the promise that the server accepted it, and that it can be undone.
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
    .filter((one) => one.version)
    .map(({ card, author, words, text, address, version }) => ({ card, author, words, text, address, version }));
  sessionStorage.setItem(STORE, JSON.stringify({ me: cards.dataset.me, list }));
  recent.hidden = !list.length;
  recent.querySelector("ol").replaceChildren(
    ...decisions
      .filter((one) => one.version)
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
    if (event.detail > 1 && event.target.closest("form.decision [name=action]")) event.preventDefault();
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

const visit = (decision) => () => location.assign(decision.address.replace(/\/undo$/, ""));

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

function beginning(card) {
  if (card.querySelector(".veil:not([open])")) return "";
  const words = card.querySelector(".written")?.textContent.trim() ?? "";
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
}

async function send(form, button) {
  const card = form.closest(".card");
  if (card.classList.contains("decided") || card.classList.contains("settled")) return;
  const says = form.elements.code.value || form.elements.reason.value.trim();
  if (button.value === "reject" && "reasonRequired" in form.dataset && !says) return askReason(card);
  const body = new URLSearchParams(new FormData(form, button));
  const author = card.querySelector("h2, h1")?.textContent.trim() ?? "";
  const decision = { card: card.id, author, words: beginning(card), sent: null };
  let settle;
  decision.sent = new Promise((resolve) => (settle = resolve));
  decisions.unshift(decision);
  trouble.hidden = true;
  untell(card);
  fold(card, button.dataset.doing, "");
  busy(1);
  refill();
  const answer = await post(form.getAttribute("action"), body);
  busy(-1);
  if (answer.ok) {
    Object.assign(decision, { text: answer.message, address: answer.undo, version: answer.version });
    card.dataset.version = answer.version;
    if (decisions.includes(decision))
      tell(
        card,
        answer.message,
        "good",
        " ",
        link(say("Undo"), () => undo(decision)),
      );
    announce(answer.message);
  } else {
    forget(decision);
    if (SETTLED_ELSEWHERE.includes(answer.status)) {
      tell(card, answer.message, "wait");
      announce(answer.message);
    } else comeBack(card, answer, { ...decision, verb: button.firstChild.textContent.trim() });
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
    if (!SETTLED_ELSEWHERE.includes(answer.status)) decisions.splice(at, 0, decision); // it can be tried again
  }
  remember();
}

async function unfold(decision, { message, version }) {
  let card = find(decision.card);
  if (!card) {
    insert((await fetchFresh())?.filter(({ id }) => id === decision.card) ?? [], "top");
    card = find(decision.card);
  }
  announce(message);
  // A comment that was decided on another page comes back there, so this page says so.
  if (!card)
    return complain(
      `${say("The comment by %(name)s:", { name: decision.author })} ${message}`,
      "good",
      visit(decision),
    );
  card.dataset.version = version;
  const form = card.querySelector("form.decision");
  if (form) form.elements.version.value = version;
  card.classList.remove("decided");
  hideNothing();
  tell(card, message, "good");
  if (!typing()) go(card);
}

// Rejecting with a reason, by keyboard: a number chooses the reason and rejects at once, which can be undone; with Shift
// it only chooses, and a note can follow. The dialog is at the foot of the screen, and the comment goes above it.

export function askReason(card) {
  const form = card?.querySelector("form.decision");
  if (!form || card.classList.contains("settled")) return;
  const choices = [...form.elements.code.options].filter((option) => option.value);
  reasons.querySelector("fieldset").replaceChildren(reasons.querySelector("legend"), ...choices.map(choice));
  reasons.querySelector("#note").value = form.elements.reason.value;
  reasons.dataset.card = card.id;
  const verb = form.querySelector("[value=reject]").firstChild.textContent;
  reasons.querySelector("#reasons-title").textContent = say("%(verb)s: the reason", { verb });
  reasons.querySelector("[value=reject]").textContent = verb;
  reasons.returnValue = "";
  missing.hidden = true;
  reasons.showModal();
  card.scrollIntoView({ block: "start" });
  (reasons.querySelector("[type=radio]") ?? reasons.querySelector("#note")).focus();
}

function choice(option, at) {
  const label = document.createElement("label");
  const radio = Object.assign(document.createElement("input"), {
    type: "radio",
    name: "reason-code",
    value: option.value,
  });
  const key = document.createElement("kbd");
  key.textContent = at < 10 ? String((at + 1) % 10) : "";
  label.className = "check";
  label.append(radio, key, ` ${option.textContent}`);
  return label;
}

reasons?.addEventListener("keydown", (event) => {
  if (event.target.id === "note" || event.ctrlKey || event.metaKey || event.altKey) return;
  // With Shift the key's own place counts: what it types then differs by layout. In some only Shift types a number.
  const digit = /^[0-9]$/.test(event.key) ? event.key : event.shiftKey && /^Digit([0-9])$/.exec(event.code)?.[1];
  const radio = digit && reasons.querySelectorAll("[type=radio]")[(Number(digit) + 9) % 10];
  if (!radio) return;
  event.preventDefault();
  radio.checked = true;
  if (event.shiftKey && digit !== event.key) reasons.querySelector("#note").focus();
  else reasons.close("reject");
});

reasons?.querySelector("form").addEventListener("submit", (event) => {
  const says = reasons.querySelector("[type=radio]:checked") || reasons.querySelector("#note").value.trim();
  const asks = "reasonRequired" in (find(reasons.dataset.card)?.querySelector("form.decision")?.dataset ?? {});
  missing.hidden = Boolean(says) || !asks;
  if (!missing.hidden) event.preventDefault();
});

reasons?.querySelector("[value=cancel]").addEventListener("click", () => reasons.close(""));

reasons?.addEventListener("close", () => {
  const card = find(reasons.dataset.card);
  if (!card) return;
  card.focus({ preventScroll: true });
  if (reasons.returnValue !== "reject") return;
  const form = card.querySelector("form.decision");
  form.elements.code.value = reasons.querySelector("[type=radio]:checked")?.value ?? "";
  form.elements.reason.value = reasons.querySelector("#note").value;
  form.querySelector(".reasoning").open = true; // what was given is seen, should the card come back
  send(form, form.querySelector("[value=reject]"));
});

cards.addEventListener("submit", (event) => {
  if (!event.submitter || !event.target.matches("form.decision")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

cards.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("form.decision [name=reason], form.decision [name=code]"))
    go(event.target.closest(".card"));
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
export const press = (card, action) => card?.querySelector(`form.decision [value=${action}]`)?.click();
