// Copies a secret that is shown only once. Without this script it can be selected and copied by hand.

const told = document.getElementById("copied");

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const range = document.createRange();
  range.selectNodeContents(source);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  try {
    await navigator.clipboard.writeText(source.textContent);
    told.textContent = "Copied.";
    button.firstChild.textContent = "Copied";
    setTimeout(() => {
      button.firstChild.textContent = button.dataset.text;
    }, 2000);
  } catch {
    told.textContent = "It is selected: copy it by hand."; // no clipboard without https
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.dataset.text = button.firstChild.textContent;
  button.disabled = false;
  button.addEventListener("click", () => copy(button));
}
