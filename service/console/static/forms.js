// Forms that no other script sends, and that lead to another page. What somebody wrote in one is not lost where it cannot
// be sent: before a page is left that has been open for a while, the server is asked whether it is there and they are
// still signed in. And a form goes once, however often its button is pressed.

import { askWho, signInLink } from "./sending.js";

const A_WHILE_MS = 60_000;
// By then it has gone, or somebody has stopped it.
const GOING_MS = 10_000;
const UNWRITTEN = ["hidden", "submit", "button", "image", "reset"];

const going = new WeakSet();
const asked = new WeakSet();

function isWritten(field) {
  if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
  if (field.options) return field.selectedIndex > 0 && !field.options[field.selectedIndex].defaultSelected;
  return "defaultValue" in field && !UNWRITTEN.includes(field.type) && field.value !== "";
}

// One line, beside the button that somebody looks at.
function tell(button, message, ...extra) {
  const line = document.createElement("p");
  line.className = "unsent note bad small";
  line.setAttribute("role", "alert");
  button.after(line);
  line.append(message, ...extra);
  line.scrollIntoView({ block: "nearest" });
}

async function ask(form, button) {
  const answer = await askWho();
  going.delete(form);
  for (const line of document.querySelectorAll(".unsent")) line.remove();
  if (!answer.ok) {
    document.dispatchEvent(new Event("winnow:unsent"));
    return tell(button ?? form.lastElementChild, answer.message, ...signInLink(answer));
  }
  asked.add(form);
  form.requestSubmit(button);
}

const isInDoubt = () => !navigator.onLine || performance.now() > A_WHILE_MS;

// After all others: what another script sends it has prevented by then.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (going.has(form)) return event.preventDefault();
  going.add(form);
  setTimeout(() => going.delete(form), GOING_MS);
  if (asked.delete(form) || !isInDoubt() || ![...form.elements].some(isWritten)) return;
  event.preventDefault();
  ask(form, event.submitter);
});

addEventListener("pageshow", () => {
  for (const form of document.forms) going.delete(form);
});
