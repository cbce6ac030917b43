// Menus that open over the page: they close on Escape, on a click elsewhere, and when another opens. Without this script
// the same line that opened one closes it.

const opened = () => document.querySelectorAll("details.popover[open]");

function close(menu, takeFocus) {
  menu.open = false;
  if (takeFocus) menu.querySelector("summary").focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  for (const menu of opened()) close(menu, menu.contains(document.activeElement));
});

document.addEventListener("pointerdown", (event) => {
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
