// Keys of the campaigns' pages: the list of groups, and the comments of one. Without them every link works.

import { offerKeys, showKeys } from "../key_list.js";
import { listen } from "../shortcuts.js";
import { current, steps } from "./cards.js";

const ofPage = document.querySelector("h1 ~ .decide-group");

listen({
  ...steps,
  o: () => current()?.querySelector("a")?.click(),
  a: () => (ofPage ?? current()?.querySelector(".decide-group"))?.click(),
  h: () => {
    const veil = current()?.querySelector(".veil");
    if (veil) veil.open = !veil.open;
  },
  "?": showKeys,
});

offerKeys();
