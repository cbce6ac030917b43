// Keys of a page. Not while somebody types, and not for people who switch them off, because single-letter keys disturb
// speech control. Each person may give an action another key on their browser: the two keys are exchanged, so that no
// action is ever without one.

const OFF = "winnow-keys";
const CHOSEN = "winnow-chosen-keys"; // JSON: {the key that is pressed: the usual key of what it does}
const FIELD = "input:not([type=checkbox]), textarea, select, dialog[open], [contenteditable]";

export const isField = (element) => Boolean(element?.closest?.(FIELD));
export const keysAreOff = () => localStorage.getItem(OFF) === "off";
export const useKeys = (wanted) => localStorage.setItem(OFF, wanted ? "on" : "off");

// Where a keyboard types no Latin letters, a key counts by its place.
function typed(event) {
  const key = event.key.toLowerCase();
  if (/^[\x20-\x7e]+$/.test(key)) return key;
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
  return letter ?? { Slash: event.shiftKey ? "?" : "/", Period: "." }[event.code] ?? key;
}

// The usual name of what a pressed key does for this person.
export function meaning(event) {
  const [own, usual] = [chosen(), typed(event)];
  return own.get(event.key.toLowerCase()) ?? own.get(usual) ?? usual;
}

function chosen() {
  try {
    return new Map(Object.entries(JSON.parse(localStorage.getItem(CHOSEN)) ?? {}));
  } catch {
    return new Map();
  }
}

export const hasChosenKeys = () => chosen().size > 0;
export const usualKeysAgain = () => localStorage.removeItem(CHOSEN);

// The key that does now what `usual` does by itself.
export function keyOf(usual) {
  const keys = chosen();
  for (const [key, meaning] of keys) if (meaning === usual) return key;
  return usual;
}

// Whether a pressed key may be given to an action: one character that has no fixed meaning.
export const mayChoose = (event) =>
  !(event.ctrlKey || event.metaKey || event.altKey) && event.key.length === 1 && !/[\s\d?]/.test(event.key);

// Give the action with this usual key the key that is pressed, which gives its own in exchange.
export function chooseKey(usual, event) {
  const keys = chosen();
  const pressed = event.key.toLowerCase();
  const before = keyOf(usual);
  const given = keys.get(pressed) ?? pressed;
  keys.set(pressed, usual).set(before, given);
  const changed = [...keys].filter(([key, meaning]) => key !== meaning);
  localStorage.setItem(CHOSEN, JSON.stringify(Object.fromEntries(changed)));
  showKeysIn(document);
}

// Write each person's own keys where a page shows the usual ones.
export function showKeysIn(element) {
  for (const shown of element.querySelectorAll("kbd")) {
    shown.dataset.usual ??= shown.textContent;
    shown.textContent = shown.dataset.usual.split(" ").map(keyOf).join(" ");
  }
}

// Call what is under the usual name of a key that is pressed. Capital letters are the same keys, held with Shift none,
// but for those in `withShift`.
export function listen(keys, withShift = "") {
  document.addEventListener("keydown", (event) => {
    if (isField(event.target) || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = meaning(event);
    if (!Object.hasOwn(keys, key) || (keysAreOff() && key !== "?")) return;
    if (event.shiftKey && /^[a-z]$/.test(key) && !withShift.includes(key)) return;
    event.preventDefault();
    keys[key](event);
  });
}

showKeysIn(document);
