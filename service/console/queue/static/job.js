// Shows a bulk job's progress from a stream of events. Where there is no stream (no room, no Redis, no connection) the
// page asks twice a second. With a stream it asks now and then too, because a message may be lost.

const ASK_MS = 500;
const ASK_BESIDE_MS = 5000;

const job = document.getElementById("job");
const told = document.getElementById("told");
const progress = document.getElementById("progress");
const moving = ["waiting", "running"];
let source = null;
let asking = null;

function show({ state, total, done, skipped, message }) {
  if (done + skipped < progress.value) return; // an answer and a message may cross
  if (told.textContent !== message) told.textContent = message;
  progress.max = Math.max(total, 1);
  progress.value = done + skipped;
  if (moving.includes(state)) return;
  stop();
  location.reload();
}

async function ask() {
  clearTimeout(asking);
  try {
    const answer = await fetch(job.dataset.address, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.reload(); // to sign in, and back to this page
    const now = await answer.json();
    if (!answer.ok) throw new Error(now.message);
    show(now);
  } catch {
    // The next request may succeed.
  }
  clearTimeout(asking);
  if (source) asking = setTimeout(ask, source.readyState === EventSource.OPEN ? ASK_BESIDE_MS : ASK_MS);
}

function listen() {
  source = new EventSource(job.dataset.events);
  source.addEventListener("connected", ask); // what happened while nobody listened
  source.addEventListener("message", (event) => {
    const message = JSON.parse(event.data);
    if (source && message.kind === "job" && message.job.id === job.dataset.id) show(message.job);
  });
  source.addEventListener("error", () => source && ask());
  source.addEventListener("over", () => source?.close());
}

function stop() {
  source?.close();
  source = null;
  clearTimeout(asking);
}

if (job && moving.includes(job.dataset.state)) {
  addEventListener("pagehide", stop);
  listen();
  asking = setTimeout(ask, ASK_MS / 2);
}
