// Makes deciding quicker: forms are sent without leaving the page, and keys move between comments.
// Without this script every form works as it stands.

const cards = document.getElementById("cards");
const announcement = document.getElementById("announcement");
const dialog = document.getElementById("keys");
const useKeys = document.getElementById("use-keys");

const waiting = () => [...cards.querySelectorAll(".card:not(.decided)")];
const current = () => document.activeElement?.closest?.(".card") ?? null;

function go(card) {
  if (!card) return;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const open = waiting();
  const at = open.indexOf(current());
  go(open[at === -1 ? (by > 0 ? 0 : open.length - 1) : at + by]);
}

function tell(card, text, kind) {
  card.querySelector(".outcome")?.remove();
  const line = document.createElement("p");
  line.className = `outcome note small ${kind}`;
  line.textContent = text;
  card.append(line);
  announcement.textContent = text;
}

function settle(card, text, kind) {
  const open = waiting();
  const next = open[open.indexOf(card) + 1] ?? open[open.indexOf(card) - 1];
  const hadFocus = card.contains(document.activeElement);
  card.classList.add("decided");
  tell(card, text, kind);
  if (!next && kind === "good") location.assign(location.pathname + location.search.replace(/[?&]after=[^&]*/, ""));
  else if (hadFocus) go(next);
}

async function send(form, button) {
  const card = form.closest(".card");
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const body = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
    const { message } = await answer.json();
    if (answer.ok) settle(card, message, "good");
    else if ([404, 409, 410].includes(answer.status)) settle(card, message, "wait");
    else throw new Error(message);
  } catch (error) {
    delete form.dataset.sent;
    tell(card, error instanceof TypeError ? "The server cannot be reached. Try again in a moment." : error.message, "bad");
  }
}

cards.addEventListener("submit", (event) => {
  if (!event.submitter) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

cards.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.name === "reason") go(event.target.closest(".card"));
});

const keys = {
  j: () => step(1),
  k: () => step(-1),
  p: () => current()?.querySelector(".decision [value=publish]")?.click(),
  r: () => current()?.querySelector(".decision [value=reject]")?.click(),
  e: () => current()?.querySelector(".decision [name=reason]")?.focus(),
  "?": () => dialog.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!useKeys.checked && event.key !== "?") return;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

// Keys of a single letter get in the way of speech control, so they can be switched off.
useKeys.checked = localStorage.getItem("winnow-keys") !== "off";
useKeys.addEventListener("change", () => localStorage.setItem("winnow-keys", useKeys.checked ? "on" : "off"));

const show = document.getElementById("show-keys");
show.hidden = false;
show.addEventListener("click", () => dialog.showModal());
