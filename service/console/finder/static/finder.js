// Go to any page from any page: `0`, Ctrl and K, or the button in the bar open a dialog that finds it by a few letters,
// and Enter opens the first. Without this script the button leads to a page that does the same.

import { whyNot } from "../sending.js";
import { listen } from "../shortcuts.js";

const dialog = document.getElementById("go-to");
const form = dialog.querySelector("form");
const field = form.querySelector("input");
const list = dialog.querySelector(".places");
const told = dialog.querySelector("[role=status]");

let shown = null; // what the list answers
let asking = null;

const links = () => [...list.querySelectorAll("a")];

// One question at a time: what is typed meanwhile is asked next.
function renew() {
  asking ??= ask().finally(() => {
    asking = null;
  });
  return asking;
}

async function ask() {
  while (shown !== field.value) {
    const asked = field.value;
    const answer = await fetch(`${form.action}?${new URLSearchParams({ q: asked })}`).catch(tellWhy);
    if (!answer) return;
    if (!answer.ok || answer.redirected) return form.submit();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    list.replaceChildren(...page.querySelectorAll(".places > li"));
    shown = asked;
    told.textContent = links()[0]?.textContent ?? "";
  }
}

// What was found for other letters is no answer.
function tellWhy(error) {
  shown = null;
  const line = Object.assign(document.createElement("li"), { className: "note bad", textContent: whyNot(error) });
  list.replaceChildren(line);
  told.textContent = line.textContent;
  field.readOnly = false;
}

function open() {
  if (document.querySelector("dialog[open]")) return;
  field.value = "";
  field.readOnly = false;
  dialog.showModal();
  renew();
}

field.addEventListener("input", renew);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  field.readOnly = true; // what is typed from now on is for the page that comes
  await renew();
  if (dialog.open) links()[0]?.click(); // else it was closed meanwhile
});

// Another place of the same page may be meant: it is not below a dialog.
list.addEventListener("click", (event) => event.target.closest("a") && dialog.close());

dialog.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return dialog.close(); // a browser would empty the field first
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const all = [field, ...links()];
  all[Math.max(0, all.indexOf(document.activeElement)) + by]?.focus();
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  open();
});

document.getElementById("open-go-to").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});

dialog.querySelector("[value=cancel]").addEventListener("click", () => dialog.close());

listen({ 0: open });
