// The cards of the board by arrow keys and by dragging. Loaded by board.js when they are first needed.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const on = (name, listener) => document.addEventListener(name, listener);
  const { move, focus, statusOf, isMoving, drag } = window.board;
  let dragged;

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
    if (card) card.draggable = pointerType !== "touch" && !isMoving() && !target.closest(".card-menu");
  });
  on("dragstart", ({ target, dataTransfer }) => {
    dragged = drag(target.closest?.(".board-card[draggable=true]"));
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
  on("dragend", () => { dragged?.removeAttribute("draggable"); dragged = drag(null); light(); });
})();
