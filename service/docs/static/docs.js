// "Try it": sends a form of this page, with the site key that is typed at the top of the page.
"use strict";

const key = document.getElementById("site-key");
document.getElementById("key").addEventListener("submit", (event) => event.preventDefault());

// On a narrow screen the table of contents is folded.
if (window.matchMedia("(max-width: 52rem)").matches) {
  document.querySelector("nav details").open = false;
}

function addressOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.in === "path") {
      path = path.replace(`{${input.name}}`, () => encodeURIComponent(input.value));
    } else if (input.dataset.in === "query" && input.value) {
      query.set(input.name, input.value);
    }
  }
  return query.size ? `${path}?${query}` : path;
}

function headersOf(form) {
  const headers = { Authorization: `Bearer ${key.value.trim()}` };
  for (const input of form.querySelectorAll('input[data-in="header"]')) {
    if (input.value) headers[input.name] = input.value;
  }
  return headers;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(form) {
  const output = form.querySelector("output");
  if (!key.value.trim()) {
    output.textContent = "Enter the site key at the top of this page first.";
    return;
  }
  const options = { method: form.dataset.method, headers: headersOf(form) };
  const body = form.querySelector("textarea");
  if (body) {
    options.body = body.value;
    options.headers["Content-Type"] = "application/json";
  }
  output.textContent = "…";
  try {
    const answer = await fetch(addressOf(form), options);
    output.textContent = `${answer.status} ${answer.statusText}\n${pretty(await answer.text())}`;
  } catch {
    output.textContent = "No answer: the server cannot be reached.";
  }
}

for (const form of document.querySelectorAll(".try form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
