// Menus that open over the page: they close on Escape, on a click elsewhere, and when another opens. Without this script
// the same line that opened one closes it.

const opened = () => document.querySelectorAll("details.popover[open]");

function close(menu, takeFocus) {
  menu.open = false;
  if (takeFocus) menu.querySelector("summary").focus({ preventScroll: true });
}

// A word that somebody has marked in the comment is the one that they mean: it stands in the field for words.
export function takeMarked(menu) {
  const said = menu.closest(".card")?.querySelector(".said");
  const marked = getSelection();
  const field = menu.querySelector("[name=entry]:not([type=hidden])");
  if (!field || field.value || !said?.contains(marked.anchorNode) || !said.contains(marked.focusNode)) return;
  field.value = marked.toString().trim().slice(0, field.maxLength);
  const toLists = menu.querySelector("a.to-lists");
  if (toLists) toLists.search = new URLSearchParams({ word: field.value });
}

// Open whatever a field is folded in, and go there.
export function openTo(field) {
  for (let menu = field.closest("details"); menu; menu = menu.parentElement.closest("details")) menu.open = true;
  field.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  for (const menu of opened()) close(menu, menu.contains(document.activeElement));
});

document.addEventListener("pointerdown", (event) => {
  const summary = event.target.closest("details.more > summary"); // the click ends what is marked
  if (summary && !summary.parentElement.open) takeMarked(summary.parentElement);
  for (const menu of opened()) if (!menu.contains(event.target)) close(menu, false);
});

document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.open || !event.target.matches("details.popover")) return;
    for (const menu of opened()) if (menu !== event.target) close(menu, false);
    event.target.lastElementChild.scrollIntoView({ block: "nearest" });
  },
  true,
);
