// Makes the board quicker: menus without a page of their own, cards that are dragged or moved by keys.
// Every move presses a button of the card's menu, so it is the same form as without a mouse.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const on = (name, listener, early) => document.addEventListener(name, listener, early);
  const CARD = "[id^=card-]";
  let focused, moving, later, dragged;

  // Each card leads to a page with all actions; here it has them in a menu, filled when it is first needed.
  const template = $("#card-menu").content.firstElementChild;
  const statusOf = (card) => card.closest("[data-status]").dataset.status;
  const dress = () => all(CARD).filter((card) => !$(".card-menu", card)).forEach((card) => {
    const menu = template.cloneNode(false), summary = document.createElement("summary");
    summary.ariaLabel = `Actions for ${all("a, a + .under, h3 + p", card).map((each) => each.textContent).join(", ")}`;
    menu.append(summary);
    ($(".menu-cell", card) ?? card).append(menu);
  });
  const fill = (card) => {
    const menu = $(".card-menu", card);
    if (!$(".menu-panel", menu)) {
      const panel = $(".menu-panel", template).cloneNode(true), { mails, archived } = card.dataset;
      const has = { mails: mails === "", archived: archived === "", here: archived !== "" };
      all("[data-if]", panel).forEach((each) => { if (!has[each.dataset.if]) each.remove(); });
      all("[href], [action]", panel).forEach((each) => ["href", "action"].forEach((name) => {
        const path = each.getAttribute(name);
        if (path) each.setAttribute(name, path.replace(/0{8}-.*0{12}/, card.id.slice(5)));
      }));
      all("[name=next]", panel).forEach((each) => (each.value = location.pathname + location.search));
      all("[name=status]", panel).forEach((each) => {
        each.setAttribute("hx-post", each.form.getAttribute("action"));
        each.setAttribute("hx-target", "#applications");
        each.setAttribute("hx-sync", "this"); // never behind news on their way
      });
      menu.append(panel);
      htmx.process(panel);
    }
    all("[name=status]", menu).forEach((each) => (each.hidden = each.value === statusOf(card)));
    return menu;
  };
  on("toggle", ({ target }) => { if (target.matches?.(".card-menu[open]")) fill(target.closest(CARD)); }, true);

  // A move shows at once; a refusal puts the card back. What is asked meanwhile comes next.
  const move = (card, status) => $(`[name=status][value="${status}"]`, fill(card)).click();
  const focus = (card) => $("a[href]", card)?.focus({ preventScroll: true });
  const isMove = ({ elt }) => elt.matches?.(".card-menu [name=status]");
  const isTyping = () => ($("#filter-q")?.value ?? "") !== (new URLSearchParams(location.search).get("q") ?? "");
  const isBusy = () => dragged || moving || isTyping() || $(".card-menu[open], #file-menu[open], .choose-columns[open]");
  const place = (card, column) => {
    const home = card.parentElement, next = card.nextElementSibling, from = card.closest(".board-column");
    const count = (by) => [[from, -by], [column, by]].forEach(([each, more]) => { $("[data-total]", each).textContent -= -more; });
    const back = () => { home.insertBefore(card, next); card.ariaBusy = null; count(-1); focus(card); };
    $("ul", column).prepend(card);
    card.ariaBusy = "true";
    count(1);
    return back;
  };
  on("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.id === "applications" && isBusy()) event.preventDefault(); // news can wait
    if (!isMove(event.detail)) return;
    const card = elt.closest(CARD), column = $(`.board-column[data-status="${elt.value}"]`);
    $(".card-menu", card).open = false;
    if (moving) { later = [card.id, elt.value]; event.preventDefault(); return; }
    moving = column ? place(card, column) : () => {};
    focus(card);
  });
  on("htmx:beforeSwap", ({ detail }) => {
    if (detail.requestConfig?.elt.id === "applications" && isBusy()) detail.shouldSwap = false;
  });
  const putBack = ({ detail }) => { if (moving && isMove(detail)) { moving(); moving = later = null; } };
  on("htmx:responseError", putBack);
  on("htmx:sendError", putBack);

  // The focus stays on the card that was moved, wherever it went.
  on("focusin", ({ target }) => { focused = target.closest?.(CARD)?.id; });
  on("htmx:afterSettle", ({ detail }) => {
    dress();
    if (detail.target?.id !== "applications") return;
    const [id, status] = later ?? [], next = document.getElementById(id);
    moving = later = null;
    if (focused && document.activeElement === document.body) focus(document.getElementById(focused) ?? $("#applications"));
    if (next) move(next, status);
  });

  // Arrow keys and dragging come with a script of their own, once a card has the pointer or the focus.
  const begin = (event) => {
    if (document.body.dataset.cardsJs && event.target.closest?.(".board .board-card")) need("cardsJs", /^Arrow/.test(event.key) && event);
  };
  ["pointerover", "pointerdown", "focusin", "keydown"].forEach((name) => on(name, begin));
  window.board = { move, focus, statusOf, isMoving: () => Boolean(moving), drag: (card) => (dragged = card) };

  dress();
})();
