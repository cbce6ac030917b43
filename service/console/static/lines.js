// Lines that scroll where there is no room, such as the bar on a phone: what is chosen is in view when the page opens.

for (const line of document.querySelectorAll(".bar nav, #tabs, .saved nav")) {
  const chosen = line.querySelector("[aria-current]");
  if (!chosen || line.scrollWidth <= line.clientWidth) continue;
  const [own, outer] = [chosen, line].map((one) => one.getBoundingClientRect());
  line.scrollLeft += (own.left + own.right - outer.left - outer.right) / 2;
}
