// The sentences of scripts in the language of the page: the server puts them on it (script_sentences.py), but for English.

const said = JSON.parse(document.body.dataset.said ?? "{}");

export const say = (sentence, values = {}) =>
  (said[sentence] ?? sentence).replace(/%\((\w+)\)s/g, (_, name) => values[name]);

// The page's language for dates and numbers, which are in the digits of the server's.
export const language = document.querySelector("main")?.lang || document.documentElement.lang || "en";
export const locale = `${language}-u-nu-latn`;
export const number = (value) => new Intl.NumberFormat(locale).format(value);
