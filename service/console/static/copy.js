// Copies a secret that is shown only once. Without this script it can be selected and copied by hand.

import { say } from "./said.js";

const told = document.getElementById("copied");

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const range = document.createRange();
  range.selectNodeContents(source);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  try {
    await navigator.clipboard.writeText(source.textContent);
    told.textContent = say("Copied.");
    button.firstChild.textContent = say("Copied");
    setTimeout(() => {
      button.firstChild.textContent = button.dataset.text;
    }, 2000);
  } catch {
    told.textContent = say("It is selected: copy it by hand."); // no clipboard without https
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.dataset.text = button.firstChild.textContent;
  button.disabled = false;
  button.addEventListener("click", () => copy(button));
}
