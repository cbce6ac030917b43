// Sends fields to the server: for so long at most, and once more with the token of whoever has signed in anew.

import { say } from "./said.js";

const LONGEST_MS = 20_000;

// Who was signed in when the page was made.
export const person = () => document.querySelector(".own bdi")?.textContent;

// The server's answer: a page, or for what it refuses {message, …} as JSON. Where none comes, `whyNot` says why.
export const send = (address, body, options) =>
  fetch(address, {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(LONGEST_MS),
    ...options,
  });

// Whether that person still is: {ok, message, …}, and where they are, a token that is good for the forms of this page.
export async function askWho() {
  const { check } = document.querySelector("form.who").dataset;
  const options = { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(LONGEST_MS) };
  try {
    const answer = await fetch(check, options);
    const said = await answer.json().catch(() => null);
    if (!said) return { ok: false, message: failed(answer) };
    return { ...said, ok: answer.ok && takeToken(said, null, person()) };
  } catch (error) {
    return { ok: false, message: whyNot(error) };
  }
}

// When an answer says that the person is no longer signed in: offer to sign in in another tab, so that nothing of this
// page is lost. That tab comes to the same place; here one goes on, as `then` says.
export function signInLink({ sign_in: address }, then = say(", and try again here.")) {
  if (!address) return [];
  const card = document.activeElement?.closest(".card");
  const place = `${location.pathname}${location.search}${card ? `#${card.id}` : location.hash}`;
  const anchor = Object.assign(document.createElement("a"), { target: "_blank" });
  anchor.href = `${address}?${new URLSearchParams({ next: place })}`;
  anchor.textContent = say("Sign in");
  return [" ", anchor, then];
}

export const whyNot = (error) =>
  error.name === "TimeoutError"
    ? say("The server did not answer in time. Try again.")
    : say("The server cannot be reached. Try again in a moment.");

export const failed = ({ status }) => say("The server failed (%(status)s). Try again in a moment.", { status });

// After signing in again in another tab there is a new token, which the refusal of the old one brings along. It is taken
// over if the same person signed in: whether it was, so that `body` can be sent again.
export function takeToken({ csrf_token: token, me }, body, person) {
  if (!token || me !== person) return false;
  for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token;
  if (body instanceof URLSearchParams) body.set("csrf_token", token);
  return true;
}
