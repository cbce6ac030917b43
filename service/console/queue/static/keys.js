// The review queue's keys; `bulk.js` has those for many cards.

import { isSlip } from "../card/reasons.js";
import { offerKeys, showKeys } from "../key_list.js";
import { listen } from "../shortcuts.js";
import { onCard, steps } from "./cards.js";
import { askAdmin, assign, give, later, note, skip, tab } from "./cases.js";
import { peek } from "./context.js";
import { askReason, press, undoLast } from "./decide.js";
import { takeNews } from "./live.js";
import { showHidden } from "./pausing.js";

// What is ticked comes first; its next page says on how many.
const ticked = () => document.querySelector("#cards .card:not(.decided) input[name=select]:checked");
const decide = (action) => {
  const onOne = onCard((card) => press(card, action));
  return () => (ticked() ? document.querySelector(`#selection [value=${action}]`).click() : onOne());
};
const publish = decide("publish");
const reject = decide("reject");

const keys = {
  ...steps,
  p: publish,
  f: publish,
  r: reject,
  d: reject,
  e: onCard(askReason),
  u: undoLast,
  z: undoLast,
  s: onCard(skip),
  t: onCard(assign),
  i: onCard(askAdmin),
  g: onCard(give),
  l: onCard(later),
  c: onCard(note),
  m: () => tab("[data-tab=mine]"),
  v: () => tab("[data-tab=put_off]"),
  q: () => tab(":first-child"),
  h: onCard(showHidden),
  o: onCard((card) => card.querySelector(".facts a")?.click()),
  ".": onCard(peek),
  y: onCard((card) => card.querySelector("h2 a.name")?.click()),
  n: takeNews,
  "/": () => document.querySelector("main [type=search], main [name=q]")?.focus(),
  "?": showKeys,
};
for (let number = 1; number < 10; number += 1)
  keys[number] = (event) => isSlip(event) || document.querySelectorAll("a.saved-filter")[number - 1]?.click();

listen(keys);

offerKeys();
