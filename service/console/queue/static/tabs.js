// The tabs are one line that scrolls: the chosen one is in view when the page opens.

for (const line of document.querySelectorAll("#tabs, .saved nav")) {
  const chosen = line.querySelector("[aria-current]");
  if (!chosen || line.scrollWidth <= line.clientWidth) continue;
  const [own, outer] = [chosen, line].map((one) => one.getBoundingClientRect());
  line.scrollLeft += (own.left + own.right - outer.left - outer.right) / 2;
}
