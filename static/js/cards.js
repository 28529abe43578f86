// The menus of applications, and cards that are dragged or moved by arrow keys. Loaded by board.js when first needed.
// Every move presses a button of the card's menu, so it is the same form as without a mouse.
(() => {
  "use strict";
  const CARD = "[id^=card-]";
  const { $, all } = page;
  const on = (name, listener, early) => document.addEventListener(name, listener, early);
  let focused, moving, later, dragged;

  // A menu is filled when it is first opened, or a move needs its buttons.
  const template = $("#card-menu").content.firstElementChild;
  const statusOf = (card) => card.closest("[data-status]").dataset.status;
  const fill = (card) => {
    const menu = $(".card-menu", card);
    if (!$(".menu-panel", menu)) {
      const panel = $(".menu-panel", template).cloneNode(true), { threads = 0, archived } = card.dataset;
      const has = { mails: threads > 0, one: threads === "1", several: threads > 1, archived: archived === "", here: archived !== "" };
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
    if (!isMove(event.detail)) return;
    const card = elt.closest(CARD), column = $(`.board-column[data-status="${elt.value}"]`);
    $(".card-menu", card).open = false;
    if (moving) { later = [card.id, elt.value]; event.preventDefault(); return; }
    moving = column ? place(card, column) : () => {};
    focus(card);
  });
  const putBack = ({ detail }) => { if (moving && isMove(detail)) { moving(); moving = later = null; } };
  on("htmx:responseError", putBack);
  on("htmx:sendError", putBack);

  // The focus stays on the card that was moved, wherever it went.
  const note = (element) => { focused = element.closest?.(CARD)?.id; };
  on("focusin", ({ target }) => note(target));
  on("htmx:afterSettle", ({ detail }) => {
    if (detail.target?.id !== "applications") return;
    const [id, status] = later ?? [], next = document.getElementById(id);
    moving = later = null;
    if (focused && document.activeElement === document.body) focus(document.getElementById(focused) ?? $("#applications"));
    if (next) move(next, status);
  });

  // Keys: arrows walk over the board, with Shift they take the card along.
  on("keydown", (event) => {
    const card = event.target.closest?.(".board .board-card"), [, way] = event.key.match(/^Arrow(.+)/) ?? [];
    if (!card || !way || event.ctrlKey || event.metaKey || event.altKey || $(".card-menu[open]", card)) return;
    event.preventDefault();
    const by = /Left|Up/.test(way) ? -1 : 1, column = card.closest(".board-column"), cards = all(".board-card", column);
    if (/Up|Down/.test(way)) { focus(cards[cards.indexOf(card) + by]); return; }
    const columns = all(".board-column").filter((each) => event.shiftKey || each === column || $(".board-card", each));
    const there = columns[columns.indexOf(column) + by];
    if (there && event.shiftKey) move(card, there.dataset.status);
    else if (there) focus(all(".board-card", there)[cards.indexOf(card)] ?? all(".board-card", there).at(-1));
  });

  // Dragging
  const light = (column) => all(".board-column").forEach((each) => each.classList.toggle("over", each === column));
  on("pointerdown", ({ target, pointerType }) => {
    const card = target.closest?.(".board .board-card");
    if (card) card.draggable = pointerType !== "touch" && !moving && !target.closest(".card-menu");
  });
  on("dragstart", ({ target, dataTransfer }) => {
    dragged = target.closest?.(".board-card[draggable=true]");
    if (!dragged) return;
    dataTransfer.setData("text/plain", $("h3", dragged).textContent);
    dataTransfer.setDragImage(dragged, 20, 20);
  });
  on("dragover", (event) => {
    const column = dragged && event.target.closest?.(".board-column");
    light(column);
    if (column) event.preventDefault();
  });
  on("drop", (event) => {
    const column = dragged && event.target.closest?.(".board-column");
    if (!column) return;
    event.preventDefault();
    if (column.dataset.status !== statusOf(dragged)) move(dragged, column.dataset.status);
  });
  on("dragend", () => { dragged?.removeAttribute("draggable"); dragged = null; light(); });

  // What was opened or focused before this was here
  window.cards = { isBusy: () => dragged || moving };
  all(".card-menu[open]").forEach((menu) => fill(menu.closest(CARD)));
  note(document.activeElement);
})();
