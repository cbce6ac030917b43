// What is chosen in a list of the filters, or ticked, acts at once; without scripts a button sends the form.

const form = document.querySelector("form.acts-at-once");

form.addEventListener("change", (event) => {
  if (!event.target.matches("select, [type=checkbox]")) return;
  for (const field of form.elements) field.disabled ||= field.name !== "" && field.value === ""; // a short address
  form.submit();
});

addEventListener("pageshow", () => {
  for (const field of form.elements) field.disabled = false;
});
