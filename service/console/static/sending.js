// Sends fields to the server: for so long at most, and once more with the token of whoever has signed in anew.

import { say } from "./said.js";

const LONGEST_MS = 20_000;

// The server's answer: a page, or for what it refuses {message, …} as JSON. Where none comes, `whyNot` says why.
export const send = (address, body, options) =>
  fetch(address, {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(LONGEST_MS),
    ...options,
  });

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
