// The list of a page's keys: `?` opens it, and closes it again. In it, each person chooses their own.

import { chooseKey, hasChosenKeys, keysAreOff, mayChoose, showKeysIn, useKeys, usualKeysAgain } from "./shortcuts.js";

const dialog = document.getElementById("keys");
const told = document.getElementById("key-told");
const usual = document.getElementById("usual-keys");
const box = document.getElementById("use-keys");
let waiting = null; // the button of the key that is being changed

export const showKeys = () => dialog.showModal();

// Let the page's button open the list, once the keys work.
export function offerKeys() {
  const show = document.getElementById("show-keys");
  show.disabled = false;
  show.addEventListener("click", showKeys);
}

function tell(sentence, key = "") {
  told.textContent = told.dataset[sentence].replace("{key}", key);
  usual.hidden = !hasChosenKeys();
}

function ask(button) {
  waiting?.classList.remove("waiting");
  waiting = button;
  waiting?.classList.add("waiting");
  tell(waiting ? "press" : "how", waiting?.textContent);
}

function take(event) {
  if (event.key === "Escape") return ask(null);
  if (!mayChoose(event)) return tell("never", event.key);
  const button = waiting;
  ask(null);
  chooseKey(button.firstChild.dataset.usual, event);
  tell("changed", button.textContent);
}

dialog.addEventListener("keydown", (event) => {
  if (waiting && ["Tab", "Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"].includes(event.key)) return;
  if (!waiting && event.key !== "?") return;
  event.preventDefault();
  if (waiting) take(event);
  else dialog.close();
});
dialog.addEventListener("cancel", (event) => {
  if (!waiting) return;
  event.preventDefault();
  ask(null);
});
dialog.addEventListener("close", () => ask(null));

for (const key of dialog.querySelectorAll("dt kbd")) {
  if (!/^[a-z./]$/.test(key.dataset.usual)) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "key";
  button.title = told.dataset.change;
  key.replaceWith(button);
  button.append(key);
  button.addEventListener("click", () => ask(waiting === button ? null : button));
}

usual.addEventListener("click", () => {
  usualKeysAgain();
  showKeysIn(document);
  ask(null);
  dialog.querySelector("h2").focus();
});

box.checked = !keysAreOff();
box.addEventListener("change", () => useKeys(box.checked));
tell("how");
