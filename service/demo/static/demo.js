// Posts a comment without leaving the page, and shows what is decided on it. Without this script the form does the
// same, a page at a time.

const form = document.getElementById("comment-form");
const list = document.getElementById("comments");
const fate = document.getElementById("fate");

// What it says, in the page's language: a sentence for each status, and a few more.
const SAID = JSON.parse(form.dataset.said);

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

// Shows an error at its field, and removes earlier errors.
function tell(errors) {
  for (const name of ["name", "comment", "form"]) {
    const line = document.getElementById(`${name}-error`);
    line.textContent = errors[name] ?? "";
    line.hidden = !errors[name];
    form.elements[name]?.toggleAttribute?.("aria-invalid", false);
    if (errors[name] && form.elements[name]) form.elements[name].setAttribute("aria-invalid", "true");
  }
  const first = ["name", "comment"].find((name) => errors[name]);
  if (first) form.elements[first].focus();
}

function advise({ advice, kind }) {
  const line = document.getElementById("advice");
  line.textContent = advice ?? "";
  line.className = `note ${kind ?? ""}`;
  line.hidden = !advice;
}

function place({ id, parent_id: parentId, html }) {
  const item = element(html);
  const there = document.getElementById(id);
  if (there) {
    const replies = there.querySelector(":scope > .replies");
    if (replies) item.append(replies);
    there.replaceWith(item);
    return;
  }
  const parent = parentId && document.getElementById(parentId);
  const home = parent?.closest(".comments > .comment:not(.replies > .comment)");
  let into = list;
  if (home) {
    into = home.querySelector(":scope > .replies") ?? element('<ol class="comments replies"></ol>');
    home.append(into);
  }
  into.append(item);
  document.getElementById("none").hidden = true;
}

function count() {
  document.getElementById("count").textContent = list.querySelectorAll('[data-status="published"]').length;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Asks until it is decided: often at first, because a decision takes a fraction of a second; then rarely, so that a
// moderator's decision appears as well.
async function follow(id, status) {
  for (let wait = 25, until = Date.now() + 15 * 60_000; Date.now() < until; wait = Math.min(wait * 1.5, 3000)) {
    await pause(wait);
    if (document.hidden) continue;
    let now;
    try {
      const answer = await fetch(`${form.action.split("#")[0]}comments/${id}`, {
        headers: { Accept: "application/json" },
      });
      if (answer.status === 404) return;
      if (!answer.ok) continue;
      now = await answer.json();
    } catch {
      continue; // the server is away: ask again
    }
    if (now.status !== status) {
      status = now.status;
      place(now);
      count();
      fate.textContent = SAID[status] ?? "";
    }
    if (status === "published" || status === "rejected") return;
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const result = await answer.json();
    tell(result.errors ?? {});
    advise(result);
    if (!answer.ok || result.advice) return;
    place(result);
    fate.textContent = SAID[result.status];
    form.elements.comment.value = "";
    follow(result.id, result.status);
  } catch {
    tell({ form: SAID.unsent });
  } finally {
    button.disabled = false;
  }
});

document.querySelector(".try").addEventListener("click", (event) => {
  const { text } = event.target.dataset;
  if (text === undefined) return;
  event.preventDefault();
  form.elements.name.value ||= SAID.visitor;
  form.elements.comment.value = text;
  form.scrollIntoView({ block: "nearest" });
  form.querySelector("button").focus({ preventScroll: true });
});

for (const link of document.querySelectorAll(".reload")) link.hidden = true;
for (const item of list.querySelectorAll("[data-own]")) {
  if (["pending", "flagged"].includes(item.dataset.status)) follow(item.id, item.dataset.status);
}
