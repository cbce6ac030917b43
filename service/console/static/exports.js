// Shows an export's progress, and offers the file when it is complete. Without this script it is a plain download.

import { number as inFigures, say } from "./said.js";
import { signInLink } from "./sending.js";

const NEWLINE = 10;

function show(form) {
  const box = document.createElement("div");
  box.className = "export-progress";
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", say("Export"));
  const said = document.createElement("p");
  said.className = "small";
  said.setAttribute("role", "status");
  const stop = document.createElement("button");
  stop.type = "button";
  stop.className = "button quiet";
  stop.textContent = say("Stop");
  box.append(bar, said, stop);
  form.nextElementSibling?.matches(".export-progress") && form.nextElementSibling.remove();
  form.after(box);
  return { box, bar, said, stop };
}

function count(bytes) {
  let lines = 0;
  for (const byte of bytes) if (byte === NEWLINE) lines += 1;
  return lines;
}

// Line breaks within a comment stand between quotation marks in CSV, and do not end a row.
function recordCounter(kind) {
  if (kind === "ndjson") return count;
  let quoted = false;
  return (bytes) => {
    let records = 0;
    for (const byte of bytes) {
      if (byte === 34) quoted = !quoted;
      else if (byte === NEWLINE && !quoted) records += 1;
    }
    return records;
  };
}

async function receive(answer, kind, view) {
  const total = Number(answer.headers.get("X-Winnow-Total"));
  const exact = answer.headers.get("X-Winnow-Total-Is") === "exact";
  if (exact) view.bar.max = Math.max(total, 1);
  const records = recordCounter(kind);
  const reader = answer.body.getReader();
  const parts = [];
  let done = kind === "csv" ? -1 : 0;
  let told = 0;
  for (;;) {
    const { value, done: ended } = await reader.read();
    if (ended) break;
    parts.push(value);
    done += records(value);
    if (exact) view.bar.value = Math.min(done, total);
    if (performance.now() - told > 500) {
      told = performance.now();
      view.said.textContent = exact
        ? say("%(done)s of %(total)s", { done: inFigures(done), total: inFigures(total) })
        : say("%(done)s so far", { done: inFigures(done) });
    }
  }
  // Rows may change while they are read, but a file that is clearly shorter was cut off.
  if (exact && done < total * 0.95) throw new Error(say("The export ended early. Try it again."));
  return { blob: new Blob(parts, { type: answer.headers.get("Content-Type") }), number: done };
}

function offer(view, blob, name, number) {
  const link = document.createElement("a");
  link.className = "button";
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.textContent = say("Save %(file)s", { file: name });
  view.bar.remove();
  view.stop.replaceWith(link);
  view.said.textContent = say("Done: %(number)s in the file.", { number: inFigures(number) });
  link.click();
}

async function run(form, button) {
  const view = show(form);
  const abort = new AbortController();
  view.stop.addEventListener("click", () => abort.abort());
  const buttons = [...form.querySelectorAll("button")];
  for (const one of buttons) one.disabled = true;
  view.said.textContent = say("Counting …");
  try {
    const body = new URLSearchParams(new FormData(form));
    body.set("format", button.value);
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST",
      body,
      signal: abort.signal,
      headers: { Accept: "application/json, text/csv;q=0.9" },
    });
    if (!answer.ok) {
      const refusal = await answer.json();
      throw Object.assign(new Error(refusal.message), refusal);
    }
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? `export.${button.value}`;
    const { blob, number } = await receive(answer, button.value, view);
    offer(view, blob, name, number);
  } catch (error) {
    view.bar.remove();
    view.stop.remove();
    const stopped = error.name === "AbortError";
    view.said.className = `note small ${stopped ? "" : "bad"}`;
    const why = stopped
      ? say("Stopped. Nothing was saved.")
      : error instanceof TypeError
        ? say("The connection was lost, so there is no file. Try again in a moment.")
        : error.message;
    view.said.replaceChildren(why, ...signInLink(error));
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-export]")) {
  form.addEventListener("submit", (event) => {
    if (!event.submitter) return;
    event.preventDefault();
    run(form, event.submitter);
  });
}
