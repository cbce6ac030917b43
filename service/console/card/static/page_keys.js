// Keys on a comment's own page: the same letters as in the queue. Who switched those off has none here either.

import { showKeys } from "../key_list.js";

const FIELD = "input, textarea, select, dialog[open], [contenteditable]";
const press = (selector) => document.querySelector(selector)?.click();
const publish = () => press(".card form.decision [value=publish]");
const reject = () => press(".card form.decision [value=reject]");
const back = () => (history.length > 1 ? history.back() : press("nav a"));

const keys = {
  p: publish,
  f: publish,
  r: reject,
  d: reject,
  e: () => {
    const field = document.querySelector(".card form.decision :is(select, input:not([type=hidden]))");
    if (!field) return;
    for (const folded of [field.closest("details")]) if (folded) folded.open = true;
    field.focus();
  },
  u: () => press("form[action$='/undo'] button"),
  z: () => press("form[action$='/undo'] button"),
  y: () => press(".card .name[href]"),
  j: back,
  k: back,
  "?": showKeys,
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.target.closest(FIELD)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (localStorage.getItem("winnow-keys") === "off" || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});
