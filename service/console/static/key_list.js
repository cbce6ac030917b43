// The list of a page's keys: `?` opens it, and closes it again.

const dialog = document.getElementById("keys");

export const showKeys = () => dialog.showModal();

dialog.addEventListener("keydown", (event) => {
  if (event.key !== "?") return;
  event.preventDefault();
  dialog.close();
});
