"use strict";
(() => {
  const tools = document.getElementById("tools");
  const items = [...document.querySelectorAll("[data-tone]")];
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  if (!tools || items.length === 0) return;

  const search = document.getElementById("search");
  const boxes = [...tools.querySelectorAll("input[type=checkbox]")];
  const hits = document.getElementById("hits");
  const opened = new Set(); // the details that a search opened, to be closed after it
  const plain = (text) => text.normalize("NFC").toLocaleLowerCase(document.documentElement.lang);
  const texts = new Map(items.map((item) => [item, plain(item.textContent)]));

  const has = (text, words) => words.every((word) => text.includes(word));

  function filter() {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    const tones = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const item of items) {
      item.hidden = !(tones.has(item.dataset.tone) && has(texts.get(item), words));
      if (!item.hidden) shown++;
    }
    for (const box of document.querySelectorAll(".day, .part")) {
      const inside = [...box.querySelectorAll("[data-tone]")];
      box.hidden = inside.length > 0 && inside.every((item) => item.hidden);
    }
    open(words);
    hits.textContent = hits.dataset.said.replace("{n}", shown).replace("{all}", items.length);
  }

  // What is found must be seen: a folded part that holds it is opened, and folded
  // again when nothing is searched for.
  function open(words) {
    for (const details of document.querySelectorAll("main details")) {
      const found = words.length > 0 && !details.hidden && has(plain(details.textContent), words);
      if (found && !details.open) {
        details.open = true;
        opened.add(details);
      } else if (!found && opened.delete(details)) {
        details.open = false;
      }
    }
  }

  search.addEventListener("input", filter);
  for (const box of boxes) box.addEventListener("change", filter);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && document.activeElement === search) {
      search.value = "";
      filter();
    }
  });
  tools.hidden = false;
  filter();
})();
