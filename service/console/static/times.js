// Shows times by the reader's own clock: ages that are updated, and the exact local time on hover.

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
// The server's units, in seconds: texts/wording.py.
const UNITS = [
  [86400 * 365, "year"],
  [86400 * 30, "month"],
  [86400 * 7, "week"],
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
];

function age(moment) {
  const seconds = (Date.now() - moment) / 1000;
  for (const [size, unit] of UNITS) {
    if (seconds >= size) return relative.format(-Math.round(seconds / size), unit);
  }
  return "just now";
}

// The server wrote an age, or the full moment in UTC: an age stays an age, a moment a moment.
export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const text = time.textContent.trim();
    time.title = exact.format(moment);
    if (text.endsWith("UTC")) time.textContent = exact.format(moment);
    else if (text.endsWith("ago") || text === "just now") time.textContent = age(moment);
  }
}

localise(document);
setInterval(() => localise(document), 60_000);
