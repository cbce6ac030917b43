// Keys on a comment's own page: the same letters as in the queue.

import { showKeys } from "../key_list.js";
import "../queue/popovers.js";
import { listen } from "../shortcuts.js";

const press = (selector) => document.querySelector(selector)?.click();
const publish = () => press(".card form.decision [name=action][value=publish]");
const reject = () => press(".card form.decision [name=action][value=reject]");
// What was done on this page has left entries of it behind: back is what was before all of them.
const before = ({ entries, current: { index } }) =>
  entries.slice(0, index).findLast(({ url }) => new URL(url).pathname !== location.pathname);
const back = () => {
  const known = globalThis.navigation;
  const entry = known && before({ entries: known.entries(), current: known.currentEntry });
  if (entry) known.traverseTo(entry.key);
  else if (history.length > 1) history.back();
  else press("nav a");
};

const keys = {
  p: publish,
  f: publish,
  r: reject,
  d: reject,
  e: () => {
    const menu = document.querySelector(".card .reasoning");
    if (!menu) return;
    menu.open = true;
    menu.querySelector("button, input").focus();
  },
  u: () => press("form[action$='/undo'] button"),
  z: () => press("form[action$='/undo'] button"),
  y: () => press(".card .name[href]"),
  j: back,
  k: back,
  "?": showKeys,
};

listen(keys);
