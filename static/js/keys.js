// The keyboard shortcuts. In the inbox they wait for what is on its way (inbox.js), so that none is lost.
(() => {
  "use strict";
  const { $, all, body, press: again } = page;
  const PLACES = { i: "/inbox/", b: "/applications/?view=board", a: "/applications/?view=list", d: "/dashboard/" };
  let going = false;
  const current = () => $(".row[aria-current]");
  const turn = (rel) => $(`.queue .pagination [rel=${rel}]`)?.click();
  const step = (by) => {
    const rows = all(".row[href]"), here = rows.indexOf(current()), next = rows[here + by];
    if (next) { next.focus({ preventScroll: true }); next.click(); }
    else if ($("#inbox") && by > 0 && here === rows.length - 1) turn("next");
    else if ($("#inbox") && by < 0 && here === 0) turn("prev");
  };
  const press = (key) => {
    const target = $(`#inbox [data-key="${key}"]`);
    if (!target) return;
    if (target.matches("details")) { target.open = true; $("input:not([type=hidden])", target)?.focus(); }
    else target.click();
  };
  const KEYS = {
    j: () => step(1), k: () => step(-1), o: () => current()?.click(), z: () => all("[data-undo]").at(-1)?.click(),
    x: () => { const box = $(".rows li:has([aria-current]) input"); if (box) box.checked = !box.checked; },
    "/": () => $("[data-search]")?.focus(),
    "?": () => $("[data-open=shortcuts]").click(),
    a: () => press("a"), e: () => press("e"), r: () => press("r"), c: () => press("c"),
  };
  const isFree = (event) =>
    "shortcuts" in body.dataset && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing &&
    !event.target.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]") && !$("dialog[open]");
  const { busy, refuse, stop, isSaving, hold } = window.pace ?? {};
  const waits = (event) => {
    const { key } = event;
    if (isSaving() && "jkox".includes(key) || busy() && key === "z") { stop(event); hold(() => again(event)); return true; }
    if (!busy() || !"aerc".includes(key)) return false;
    // It would decide a mail that nobody has seen yet.
    stop(event);
    if (!event.repeat) refuse();
    return true;
  };
  document.addEventListener("keydown", (event) => {
    const { key } = event;
    if (!isFree(event)) return;
    if (busy && $("#inbox") && waits(event)) return;
    if (going && PLACES[key]) { event.preventDefault(); location.assign(PLACES[key]); return; }
    going = key === "g";
    if (going) { setTimeout(() => (going = false), 1500); return; }
    if (KEYS[key] && (!event.repeat || "jk".includes(key))) { event.preventDefault(); KEYS[key](); }
  }, true);
})();
