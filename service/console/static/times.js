// Shows times by the reader's own clock: ages that are updated, and the exact local time on hover.

import { language, locale, say } from "./said.js";

// A reader of English sees dates as their browser writes them.
const exact = new Intl.DateTimeFormat(language === "en" ? undefined : locale, { dateStyle: "long", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
const JUST_NOW = say("just now");
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
  return JUST_NOW;
}

// The server wrote an age, or the full moment in UTC: an age stays an age, a moment a moment.
export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    // The server gives an age the full moment as its title.
    time.dataset.shows ??= time.title ? "age" : "moment";
    time.title = exact.format(moment);
    time.textContent = time.dataset.shows === "age" ? age(moment) : exact.format(moment);
  }
}

localise(document);
setInterval(() => localise(document), 60_000);
