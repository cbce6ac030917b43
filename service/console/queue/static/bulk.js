// Selecting many cards, and deciding on a whole group. Without this script forms do the same.

import { number as inFigures, say } from "../said.js";
import { signInLink } from "../sending.js";
import { listen } from "../shortcuts.js";
import { cards, keepFocus, onCard, postForm, showDone, tellInMenu } from "./cards.js";
import { openTo, takeMarked } from "./popovers.js";

const selection = document.getElementById("selection");

const boxes = () => [...cards.querySelectorAll(".card:not(.decided) input[name=select]")];
const ticked = () => boxes().filter((box) => box.checked);
const current = () => document.activeElement?.closest?.(".card") ?? null;

function showSelection() {
  for (const box of cards.querySelectorAll(".card.decided input[name=select]:checked")) box.checked = false;
  const number = ticked().length;
  document.getElementById("selected").textContent = say("%(number)s selected", { number: inFigures(number) });
  for (const button of selection.querySelectorAll("button[name=action]")) button.disabled = number === 0;
  document.getElementById("select-all").textContent =
    number && number === boxes().length ? say("Select none") : say("Select all on this page");
  selection.classList.toggle("idle", number === 0);
}

// The style keeps what has the focus above the bar.
function tellHeight() {
  document.documentElement.style.setProperty("--selection-bar", `${selection.offsetHeight}px`);
}

let last = null;

function toggle(box, upTo) {
  const all = boxes();
  if (upTo && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
  showSelection();
}

function watchSelection() {
  cards.addEventListener("click", (event) => {
    if (event.target.name === "select") toggle(event.target, event.shiftKey);
  });
  const all = document.getElementById("select-all");
  all.disabled = false;
  all.addEventListener("click", () => {
    const tick = ticked().length < boxes().length;
    for (const box of boxes()) box.checked = tick;
    showSelection();
  });
  selection.addEventListener("submit", () => {
    // The versions on the page now: some cards came after the page was made.
    for (const old of selection.querySelectorAll("[name=seen_version]")) old.remove();
    for (const box of ticked()) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "seen_version" });
      field.value = `${box.value}:${box.closest(".card").querySelector(".decision [name=version]").value}`;
      selection.append(field);
    }
  });
  new ResizeObserver(tellHeight).observe(selection);
  new MutationObserver(showSelection).observe(cards, { childList: true, subtree: true, attributeFilter: ["class"] });
  showSelection();
}

// The form for a list shows its answer on the card, which stays. It runs before console.js, which is for decisions.
async function changeList(form, button) {
  const card = form.closest(".card");
  const answer = await postForm(form, button);
  if (!answer) return;
  const show = (...told) => tellInMenu(card, ...told);
  if (!answer.ok) return show(answer.message, "bad", ...signInLink(answer));
  showDone(show, answer, form);
  if (form.matches(".take-back")) keepFocus(card, () => form.closest(".listed, li").remove());
  else form.reset();
}

document.addEventListener(
  "submit",
  (event) => {
    if (!cards || !event.target.matches(".list-entry, .take-back")) return;
    event.preventDefault();
    event.stopPropagation();
    changeList(event.target, event.submitter);
  },
  true,
);

const press = (selector) => document.querySelector(selector)?.click();
const keys = cards
  ? {
      x: (event) => {
        const box = current()?.querySelector("input[name=select]");
        if (!box) return;
        box.checked = !box.checked;
        toggle(box, event.shiftKey);
      },
      a: onCard((card) => card.querySelector(".decide-group")?.click()),
      w: onCard((card) => {
        const field = card.querySelector(".warning textarea");
        if (field) openTo(field);
      }),
      ",": onCard((card) => {
        const field = card.querySelector(".more [name=entry]:not([type=hidden])");
        if (!field) return;
        takeMarked(field.closest("details.more"));
        openTo(field);
      }),
      b: onCard((card) => card.querySelector(".by-author")?.click()),
    }
  : {
      p: () => press(".bulk-decision [value=publish]"),
      r: () => press(".bulk-decision [value=reject]"),
      b: () => press(".bulk-decision [value=block]"),
      u: () => press("#job [action$='/undo'] button"),
    };

listen(keys, "x");

if (cards && selection) watchSelection();
