// Behaviour shared by all pages. Every page can be read, and every form sent, without it.
(function () {
  "use strict";

  // Lists that answer to j, k and Enter: <tbody data-keys-list> whose rows hold one link marked data-open.
  function rowsOf(list) { return Array.from(list.querySelectorAll("tr[data-row]")); }

  function select(list, index) {
    const rows = rowsOf(list);
    if (!rows.length) return;
    const at = Math.max(0, Math.min(rows.length - 1, index));
    rows.forEach(function (row, i) { row.setAttribute("aria-selected", String(i === at)); });
    rows[at].scrollIntoView({ block: "nearest" });
  }

  function typing(target) { return target.closest && target.closest("input, select, textarea, [contenteditable], dialog"); }

  document.addEventListener("keydown", function (event) {
    const list = document.querySelector("[data-keys-list]");
    if (!list || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const rows = rowsOf(list);
    const at = rows.findIndex(function (row) { return row.getAttribute("aria-selected") === "true"; });
    if (event.key === "j") { select(list, at + 1); event.preventDefault(); }
    else if (event.key === "k") { select(list, at - 1); event.preventDefault(); }
    else if (event.key === "/") { const box = document.querySelector("[data-search]"); if (box) { box.focus(); event.preventDefault(); } }
    else if (event.key === "Enter" && at >= 0 && !event.target.closest("a, button, summary")) { rows[at].querySelector("a[data-open]").click(); }
  });

  // A form that was sent shows that it works, and cannot be sent twice.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.hasAttribute("data-once")) {
      if (form.classList.contains("is-busy")) { event.preventDefault(); return; }
      form.classList.add("is-busy");
      form.setAttribute("aria-busy", "true");
    }
  });
  // The browser's way back shows the page as it was left: make its forms usable again.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form.is-busy").forEach(function (form) { form.classList.remove("is-busy"); form.removeAttribute("aria-busy"); });
  });

  // Open menus close when the reader looks elsewhere.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach(function (menu) { menu.open = false; });
  });

  // A document beside its picture: the field in hand is marked on the page, and a place on the page leads to its field.
  function chosen(key) {
    document.querySelectorAll("[data-place]").forEach(function (place) {
      const is = place.getAttribute("data-place") === key;
      place.classList.toggle("chosen", is);
      if (is) place.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }
  document.addEventListener("focusin", function (event) {
    const key = event.target.getAttribute && event.target.getAttribute("data-field");
    if (key) chosen(key);
  });
  document.addEventListener("click", function (event) {
    const place = event.target.closest && event.target.closest("[data-place]");
    if (!place) return;
    const box = Array.from(document.querySelectorAll("[data-field]")).find(function (each) { return each.getAttribute("data-field") === place.getAttribute("data-place"); });
    if (box) { event.preventDefault(); box.focus(); }
  });
})();
