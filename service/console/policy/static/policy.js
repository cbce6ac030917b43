// The page of a policy: what it counts, and saving without leaving the page. Without this script its forms do the same.

import { say } from "../said.js";
import { localise } from "../times.js";
import { begin } from "./consequences.js";

// The status of an answer to a form whose token does not fit.
const REFUSED = 400;
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
  if (problem) tell(problem, "bad");
}

const tell = (text, kind = "soft") => {
  const told = form.querySelector(".save [role=status]");
  told.className = `small ${kind}`;
  told.textContent = text;
};

const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// Sends the form, and shows the page that comes back. Where none does, it says why, and what stands in the form stays.
async function post(body, mayAgain = true) {
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "text/html" } });
    const page = await read(answer);
    if (page.getElementById("policy")) return put(page.getElementById("main"), answer);
    if (answer.redirected) return say("You are no longer signed in. Sign in in another tab, and save again.");
    if (mayAgain && answer.status === REFUSED && (await renewToken(body))) return post(body, false);
    return say("The server failed (%(status)s). Try again in a moment.", { status: answer.status });
  } catch {
    return say("The server cannot be reached. Try again in a moment.");
  }
}

// Whoever has signed in again in another tab has a new token. It counts for the same person.
async function renewToken(body) {
  const page = await read(await fetch(form.getAttribute("action"), { headers: { Accept: "text/html" } }));
  const token = page.querySelector("#policy [name=csrf_token]")?.value;
  if (!token || page.querySelector(".own").textContent !== document.querySelector(".own").textContent) return false;
  body.set("csrf_token", token);
  return true;
}

function put(fresh, answer) {
  for (const unneeded of fresh.querySelectorAll("noscript")) unneeded.remove();
  const active = document.activeElement;
  const { id, selectionStart } = main.contains(active) ? active : {};
  const before = form.getBoundingClientRect().top;
  main.replaceChildren(...document.adoptNode(fresh).childNodes);
  localise(main);
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
addEventListener("pageshow", () => {
  sent = false;
});
addEventListener("beforeunload", (event) => {
  const { edited } = form.dataset; // nothing of those who may not save
  if (edited && !sent && (edited === "yes" || written() !== unchanged)) event.preventDefault();
});
