// Ages grow while a page is open; their title has the moment. Moments are told by the server, by the browser's own clock:
// this script says to it in which time zone that is.

import { locale, say } from "./said.js";

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
const A_YEAR = 365 * 86400;

const below = new URL("../..", import.meta.url).pathname;
const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
const secure = location.protocol === "https:" ? "; secure" : "";
// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store is for https alone.
document.cookie = `winnow_zone=${timeZone}; path=${below}; max-age=${A_YEAR}; samesite=lax${secure}`;

function age(moment) {
  const seconds = (Date.now() - moment) / 1000;
  for (const [size, unit] of UNITS) {
    if (seconds >= size) return relative.format(-Math.round(seconds / size), unit);
  }
  return JUST_NOW;
}

// An age is what has a moment as its title.
export function renewAges(root) {
  for (const time of root.querySelectorAll("time[datetime][title]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) time.textContent = age(moment);
  }
}

renewAges(document);
setInterval(() => renewAges(document), 60_000);
