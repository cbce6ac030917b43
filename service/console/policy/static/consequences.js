// Counts what a policy would have made of past comments while its thresholds move.
// The same as moderation/policy/consequences.py, over the same comments; without this script the form counts by itself.

import { say } from "../said.js";
import { person, signInLink, takeToken } from "../sending.js";

/** What the policy would say of a comment: its rules before the thresholds, the thresholds, the rules after them. */
export function verdict([before, after, , , scores, own], thresholds) {
  if (before !== null) return before;
  if (scores === null) return "flag";
  const reach = (these, edge) =>
    these.some((score, at) => thresholds[at][edge] !== null && score / 10000 >= thresholds[at][edge]);
  // The author's own words alone can reject; what others said, which they quote, has a person look.
  if (reach(own ?? scores, "reject_at")) return "reject";
  if (reach(scores, "flag_at") || reach(scores, "reject_at")) return "flag";
  return after;
}

/** What readers would see of a comment, and whether a moderator would be asked. */
export function placement(mode, action) {
  if (mode === "hold") return ["flagged", true];
  if (mode === "open") return ["published", action !== "publish"];
  if (mode === "observe") return ["published", false];
  return [{ publish: "published", flag: "flagged", reject: "rejected" }[action], action === "flag"];
}

/** The numbers of the table, by their names. */
export function count(sample, thresholds, mode) {
  const empty = () => ({ published: 0, flagged: 0, rejected: 0 });
  const found = { publish: empty(), reject: empty(), null: empty() };
  let asked = 0;
  for (const past of sample.comments) {
    const [, , decided, recent, , , trusted, heldThen] = past;
    const action = verdict(past, thresholds);
    const exempt = (trusted && action === "publish" && mode === "hold") || (heldThen && mode === "open");
    const [status, asks] = placement(exempt ? "auto" : mode, action);
    if (decided !== null || recent) found[decided][status] += 1;
    if (asks && recent) asked += 1;
  }
  const aDay = asked / sample.days;
  return {
    bad_published: found.reject.published,
    good_held: found.publish.flagged,
    good_rejected: found.publish.rejected,
    unseen_published: found.null.published,
    unseen_held: found.null.flagged,
    unseen_rejected: found.null.rejected,
    asked_a_day: onePlace(aDay),
    minutes_a_day: onePlace((aDay * sample.seconds) / 60),
  };
}

const onePlace = (number) => (Math.floor(number * 10 + 0.5) / 10).toFixed(1);

const NEVER = 1001;
// Of the form on the page, which is another one once it was saved.
let form;
let trouble;
let exact;
let sliders;
let sample;

const read = (field) => (field.value.trim() === "" ? null : Number(field.value));
const fieldOf = (edge, label) => form.elements[`${edge}.${label}`];

function thresholds() {
  return sample.labels.map((label) => ({
    flag_at: read(fieldOf("flag_at", label)),
    reject_at: read(fieldOf("reject_at", label)),
  }));
}

/** What would flag only above the score from which it rejects: that can be neither counted nor saved. */
function warnOfCrossed() {
  const crossed = [];
  for (const flag of exact.filter((field) => field.dataset.edge === "flag_at")) {
    const [from, reject] = [read(flag), read(fieldOf("reject_at", flag.dataset.label))];
    const isCrossed = from !== null && reject !== null && from > reject;
    flag.classList.toggle("crossed", isCrossed);
    if (isCrossed)
      crossed.push(
        say("%(label)s (%(from)s and %(reject)s)", {
          label: flag.closest("fieldset").querySelector("legend").textContent,
          from,
          reject,
        }),
      );
  }
  const warning = document.getElementById("crossed");
  warning.hidden = !crossed.length;
  warning.textContent = crossed.length ? `${warning.dataset.text} ${crossed.join(", ")}.` : "";
  return crossed.length > 0;
}

function show() {
  const isCountable = !warnOfCrossed() && exact.every((field) => field.validity.valid);
  if (!isCountable) return write({});
  if (sample) write(count(sample, thresholds(), form.elements.mode.value));
}

/** What was not counted has no number: one of other thresholds would be taken for it. */
function write(numbers) {
  for (const cell of form.querySelectorAll("[data-number]"))
    cell.textContent = String(numbers[cell.dataset.number] ?? "–").replace(".", form.dataset.point);
}

/** The slider and the line in the plot follow what stands in the field. */
function follow(field) {
  const value = read(field);
  const slider = sliders.get(field.name);
  slider.value = value === null ? NEVER : Math.round(value * 1000);
  slider.setAttribute("aria-valuetext", value === null ? say("never") : String(value));
  form.querySelector(`[data-line="${field.name}"]`).setAttribute("x", value === null ? 1100 : value * 1000 - 2);
}

/** Flagging begins below rejecting: the other edge is taken along. */
function takeAlong(field) {
  const { edge, label } = field.dataset;
  const [flag, reject] = [fieldOf("flag_at", label), fieldOf("reject_at", label)];
  if (read(flag) === null || read(reject) === null || read(flag) <= read(reject)) return;
  const other = edge === "flag_at" ? reject : flag;
  other.value = field.value;
  follow(other);
}

/** Puts what the page counted over a part of the comments anew, as counted over all of them. */
function putInPlace(parts) {
  for (const part of new DOMParser().parseFromString(parts, "text/html").querySelectorAll("[data-counted]")) {
    const place = form.querySelector(`[data-counted="${part.dataset.counted}"]`);
    place.replaceChildren(...part.childNodes);
    if (part.dataset.words) place.ownerSVGElement.setAttribute("aria-label", part.dataset.words);
  }
}

/** The comments to count over, as the rules that now stand in the form see them. */
async function load(_event, mayAgain = true) {
  const asked = form;
  const body = new FormData(form);
  if ("first" in form.dataset) body.set("parts", "yes");
  try {
    const answer = await fetch(form.dataset.sample, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
    });
    const found = await answer.json();
    if (form !== asked) return;
    if (mayAgain && takeToken(found, null, person())) return load(null, false);
    if (!answer.ok) return refuse(found);
    sample = found;
    if (found.parts) {
      putInPlace(found.parts);
      delete form.dataset.first;
    }
    document.getElementById("people").textContent = found.people;
    trouble.textContent = "";
    show();
  } catch (error) {
    trouble.textContent =
      error instanceof TypeError ? say("The server cannot be reached, so the numbers stand still.") : error.message;
  }
}

/** Where nobody is signed in any more the numbers stand still; else they would be those of other rules. */
function refuse(found) {
  trouble.replaceChildren(found.message, ...signInLink(found));
  if (found.sign_in) return;
  sample = null;
  write({});
}

/** A slider moves its field, and a field its slider. */
function tie(name, slider) {
  const field = form.elements[name];
  slider.disabled = false;
  follow(field);
  slider.addEventListener("input", () => {
    field.value = Number(slider.value) === NEVER ? "" : String(Number(slider.value) / 1000);
    follow(field);
    takeAlong(field);
    show();
  });
  field.addEventListener("input", () => {
    if (field.validity.valid) follow(field);
    show();
  });
}

function fillInPreset() {
  const chosen = JSON.parse(form.dataset.presets)[form.elements.preset.value];
  for (const field of exact) {
    field.value = chosen[field.dataset.label]?.[field.dataset.edge] ?? "";
    follow(field);
  }
  show();
}

/** Begins with the form that is on the page now. */
export function begin() {
  form = document.getElementById("policy");
  trouble = document.getElementById("trouble");
  exact = [...form.querySelectorAll(".exact")];
  sliders = new Map([...form.querySelectorAll("input[type=range]")].map((slider) => [slider.dataset.for, slider]));
  sample = null;
  for (const [name, slider] of sliders) tie(name, slider);
  form.elements.mode.addEventListener("change", show);
  form.elements.preset.addEventListener("change", fillInPreset);
  for (const part of form.querySelectorAll(".words, .rules, .languages")) part.addEventListener("change", load);
  // Whoever opens an empty list wants to write in it.
  for (const list of form.querySelectorAll(".none-yet"))
    list.querySelector("summary").addEventListener("click", () => {
      if (!list.open) setTimeout(() => list.querySelector("textarea").focus());
    });
  load();
}
