// Tells times as the reader's own clock has them: ages that keep up, and the exact local time on hover.

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "long" });
const UNITS = [
  [86400 * 365, "year"],
  [86400 * 30, "month"],
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
];

function age(moment) {
  const seconds = (Date.now() - moment) / 1000;
  for (const [size, unit] of UNITS) {
    const number = Math.floor(seconds / size);
    if (number) return `${number} ${unit}${number === 1 ? "" : "s"} ago`;
  }
  return "just now";
}

// What the server wrote is an age, or the moment in full in UTC; each stays what it is.
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
