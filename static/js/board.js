// Gives each application a menu; what it does comes with cards.js, once an application has the pointer or the focus.
(() => {
  "use strict";
  const CARD = "[id^=card-]";
  const { $, all, body, need } = page;
  const on = (name, listener, early) => document.addEventListener(name, listener, early);

  // Without a script each leads to a page with all actions; the menu is filled when it is first needed.
  const template = $("#card-menu").content.firstElementChild;
  const dress = () => all(CARD).filter((card) => !$(".card-menu", card)).forEach((card) => {
    const menu = template.cloneNode(false), summary = $("summary", template).cloneNode();
    summary.ariaLabel = summary.ariaLabel.replace("…", all("a, a + .under, h3 + p", card).map((each) => each.textContent).join(", "));
    menu.append(summary);
    ($(".menu-cell", card) ?? card).append(menu);
  });
  on("htmx:afterSettle", dress);

  const begin = (event) => {
    if (body.dataset.cardsJs && event.target.closest?.(CARD)) need("cardsJs", /^Arrow/.test(event.key) && event.target.closest(".board") && event);
  };
  ["pointerover", "pointerdown", "focusin", "keydown", "toggle"].forEach((name) => on(name, begin, true));
  // News can wait while somebody types in the search or looks at a menu.
  const isTyping = () => ($("#filter-q")?.value ?? "") !== (new URLSearchParams(location.search).get("q") ?? "");
  const isBusy = () => window.cards?.isBusy() || isTyping() || $(".card-menu[open], #file-menu[open], .choose-columns[open]");
  on("htmx:beforeRequest", (event) => { if (event.detail.elt.id === "applications" && isBusy()) event.preventDefault(); });
  on("htmx:beforeSwap", ({ detail }) => { if (detail.requestConfig?.elt.id === "applications" && isBusy()) detail.shouldSwap = false; });
  dress();
})();
