// The review queue's keys; `bulk.js` has those for many cards.

import { offerKeys, showKeys } from "../key_list.js";
import { listen } from "../shortcuts.js";
import { current, steps } from "./cards.js";
import { askAdmin, assign, give, later, note, skip, tab } from "./cases.js";
import { toggleContext } from "./context.js";
import { askReason, press, undoLast } from "./decide.js";
import { takeNews } from "./live.js";
import { showHidden } from "./pausing.js";

const open = () => current()?.querySelector(".facts a")?.click();
// What is ticked comes first; its next page says on how many.
const ticked = () => document.querySelector("#cards .card:not(.decided) input[name=select]:checked");
const decide = (action) =>
  ticked() ? document.querySelector(`#selection [value=${action}]`).click() : press(current(), action);
const publish = () => decide("publish");
const reject = () => decide("reject");

const keys = {
  ...steps,
  p: publish,
  f: publish,
  r: reject,
  d: reject,
  e: () => askReason(current()),
  u: undoLast,
  z: undoLast,
  s: () => skip(current()),
  t: () => assign(current()),
  i: () => askAdmin(current()),
  g: () => give(current()),
  l: () => later(current()),
  c: () => note(current()),
  m: () => tab("[data-tab=mine]"),
  v: () => tab("[data-tab=put_off]"),
  q: () => tab(":first-child"),
  h: () => showHidden(current()),
  o: open,
  ".": () => toggleContext(current()),
  y: () => current()?.querySelector("h2 a.name")?.click(),
  n: takeNews,
  "/": () => document.querySelector("main [type=search], main [name=q]")?.focus(),
  "?": showKeys,
};
for (let number = 1; number < 10; number += 1)
  keys[number] = () => document.querySelectorAll("a.saved-filter")[number - 1]?.click();

listen(keys);

offerKeys();
