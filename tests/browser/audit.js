() => {
  // Gives a sentence for each thing that stands in the way of a keyboard, a screen reader or weak eyes.
  const wrong = [];
  const visible = (e) => e.checkVisibility({ visibilityProperty: true });
  const named = (e) => (e.getAttribute("aria-label") || e.innerText || e.title || "").trim() !== "";
  const all = (selector) => Array.from(document.querySelectorAll(selector));

  const seen = new Set();
  all("[id]").forEach((e) => { if (seen.has(e.id)) wrong.push("id twice: " + e.id); seen.add(e.id); });
  all("input:not([type=hidden]), select, textarea").filter(visible).forEach((e) => {
    if (!e.labels.length && !e.getAttribute("aria-label")) wrong.push("field without label: " + e.name);
  });
  all("a[href], button, summary").filter(visible).filter((e) => !named(e)).forEach((e) => wrong.push("nameless: " + e.outerHTML.slice(0, 80)));
  all("img:not([alt])").forEach((e) => wrong.push("picture without words: " + e.src));
  all("th:not([scope])").forEach((e) => wrong.push("head without scope: " + e.innerText));
  ["h1", "main"].forEach((tag) => { if (all(tag).length !== 1) wrong.push(all(tag).length + " of " + tag); });
  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title.trim()) wrong.push("no title");

  // Relative luminance and contrast as in WCAG 2.2.
  const light = (color) => {
    const parts = color.match(/[\d.]+/g).slice(0, 3).map(Number).map((x) => x / 255);
    const linear = parts.map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (!/rgba\(.*, 0\)/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !visible(e) || e.closest("option, [disabled], .visually-hidden, .visually-hidden-focusable")) continue;
    const style = getComputedStyle(e);
    // A half-width mark beside a Chinese character, where the full-width one belongs; code may hold it.
    if (document.documentElement.lang.startsWith("zh") && /[\u4e00-\u9fff][,;:!?(]|[,;:!?(][\u4e00-\u9fff]/.test(text) && !e.closest("code, pre, textarea")) {
      wrong.push("half-width: " + text.slice(0, 40));
    }
    const lights = [light(style.color), light(ground(e))].sort((a, b) => b - a);
    const contrast = (lights[0] + 0.05) / (lights[1] + 0.05);
    if (contrast < 4.5) wrong.push("contrast " + contrast.toFixed(1) + ": " + text.slice(0, 30));
    if (/[\u4e00-\u9fff]/.test(text) && parseFloat(style.fontSize) < 14) wrong.push("Chinese below 14 px: " + text.slice(0, 30));
  }
  return Array.from(new Set(wrong));
}
