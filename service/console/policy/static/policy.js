// The page of a policy: what it counts, and saving without leaving the page. Without this script its forms do the same.

import { say } from "../said.js";
import { failed, person, send as sendFields, signInLink, takeToken, whyNot } from "../sending.js";
import { renewAges } from "../times.js";
import { begin } from "./consequences.js";

const main = document.getElementById("main");
let form;
let unchanged; // what stood in the form when it came
let sent = false; // the page is being left on purpose

// Texts that are tried are no part of the policy.
const written = () => JSON.stringify([...new FormData(form)].filter(([name]) => !["text", "name"].includes(name)));

function start() {
  begin();
  form = document.getElementById("policy");
  unchanged = written();
  form.addEventListener("submit", send);
  form.addEventListener("keydown", hear);
}

// Enter makes a new line, or shows the consequences; with Ctrl it saves.
function hear(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.querySelector("[name=action][value=save]")?.click();
}

function send(event) {
  if (!event.submitter?.value.startsWith("save")) {
    sent = true;
    return;
  }
  event.preventDefault();
  if (!form.hasAttribute("aria-busy")) save(event.submitter);
}

async function save(button) {
  const body = new URLSearchParams(new FormData(form, button));
  form.setAttribute("aria-busy", "true");
  tell(say("Saving…"));
  const problem = await post(body);
  form.removeAttribute("aria-busy");
  if (problem) tell(problem.message, "bad", ...signInLink(problem));
}

const tell = (text, kind = "soft", ...extra) => {
  const told = form.querySelector(".save [role=status]");
  told.className = `small ${kind}`;
  told.replaceChildren(text, ...extra);
};

// Sends the form, and shows the page that comes back. Where none does, it says why, and what stands in the form stays.
async function post(body, mayAgain = true) {
  try {
    const answer = await sendFields(form.getAttribute("action"), body);
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      const refusal = await answer.json();
      if (mayAgain && takeToken(refusal, body, person())) return post(body, false);
      return refusal;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById("policy") ? put(page.getElementById("main"), answer) : { message: failed(answer) };
  } catch (error) {
    return { message: whyNot(error) };
  }
}

function put(fresh, answer) {
  for (const unneeded of fresh.querySelectorAll("noscript")) unneeded.remove();
  const active = document.activeElement;
  const { id, selectionStart } = main.contains(active) ? active : {};
  const before = form.getBoundingClientRect().top;
  main.replaceChildren(...document.adoptNode(fresh).childNodes);
  renewAges(main);
  start();
  history.replaceState(null, "", answer.url);
  if (!answer.ok || answer.redirected === false) return showProblem();
  // What somebody reads stays where it is, and so does the cursor.
  scrollBy({ top: form.getBoundingClientRect().top - before, behavior: "instant" });
  const field = (id && document.getElementById(id)) || form.querySelector("[name=action][value=save]");
  field?.focus({ preventScroll: true });
  if (field?.matches("textarea")) field.setSelectionRange(selectionStart, selectionStart);
  const told = main.querySelector(".note [role=status]");
  const text = told?.textContent;
  if (told) requestAnimationFrame(() => (told.textContent = text)); // a screen reader hears what changes
  main.querySelector(".saved")?.classList.add("in-view");
  form.addEventListener("input", () => main.querySelector(".saved")?.classList.remove("in-view"), { once: true });
}

// Nothing was saved: the page says why at its head.
function showProblem() {
  main.focus({ preventScroll: true });
  scrollTo({ top: 0, behavior: "instant" });
}

start();

// A link to one threshold: another number is to take its place.
const meant = document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (meant?.matches(".exact")) meant.select();

// Whoever has changed something, and leaves without saving it, is asked.
const stays = () => {
  sent = false;
};
addEventListener("pageshow", stays);
document.addEventListener("winnow:unsent", stays);
addEventListener("beforeunload", (event) => {
  const { edited } = form.dataset; // nothing of those who may not save
  if (edited && !sent && (edited === "yes" || written() !== unchanged)) event.preventDefault();
});
