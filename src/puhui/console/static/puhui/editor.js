// The editor of a draft: numbers beside the lines, Tab as two blanks, and a fault that leads to its line. Without it the text can be written all the same.
(function () {
  "use strict";
  function wire(editor) {
    const text = editor.querySelector("textarea");
    const lines = editor.querySelector(".code-lines");
    const show = function () {
      const count = text.value.split("\n").length;
      if (lines.dataset.count !== String(count)) {
        lines.textContent = Array.from({ length: count }, function (_, index) { return index + 1; }).join("\n");
        lines.dataset.count = String(count);
      }
      lines.scrollTop = text.scrollTop;
    };
    text.addEventListener("input", show);
    text.addEventListener("scroll", function () { lines.scrollTop = text.scrollTop; });
    text.addEventListener("keydown", function (event) {
      if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || text.readOnly) return;
      event.preventDefault();
      text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
    document.addEventListener("click", function (event) {
      const link = event.target.closest && event.target.closest("a[data-line]");
      if (!link) return;
      event.preventDefault();
      const line = Number(link.dataset.line);
      const rows = text.value.split("\n");
      const start = rows.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      text.focus();
      text.setSelectionRange(start, start + (rows[line - 1] || "").length);
      text.scrollTop = Math.max(0, (line - 6) * (text.scrollHeight / rows.length));
    });
    show();
  }
  document.addEventListener("DOMContentLoaded", function () { document.querySelectorAll("[data-editor]").forEach(wire); });
})();
