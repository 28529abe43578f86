// The Tracking Inbox while a request is on its way: the row answers at once, and no key or click is lost.
(() => {
  "use strict";
  const { $, all, hear, body } = page;
  let saving = false, loading = 0, held = [];
  const busy = () => saving || loading > 0;
  const say = (what) => { const line = $("#inbox-busy"); line.textContent = line.dataset[what] ?? ""; };
  const current = () => $(".row[aria-current]");
  // What htmx tells of the inbox
  const on = (name, act) => hear(name, (detail, event) => { if (detail.target?.id === "inbox") act(detail, event); });

  // Selection, focus and sight survive a swap. What had the focus may go without a word, in any of several swaps
  // that overlap: what counts is where the user was last.
  let picked = [], inside = false, opened = null;
  const note = ({ target }) => { inside = Boolean(target.closest?.("#inbox")); };
  document.addEventListener("focusin", note);
  document.addEventListener("pointerdown", note);
  document.addEventListener("keydown", ({ target }) => { inside ||= target === body; }, true);
  on("beforeSwap", () => {
    picked = all(".pick :checked").map((box) => box.value);
    opened = current()?.id;
  });

  const show = (isBusy) => { const detail = $("#detail"); if (detail) detail.ariaBusy = isBusy; };
  on("beforeRequest", ({ requestConfig, elt }) => {
    const isRow = elt.matches(".row");
    if (requestConfig.verb !== "post") loading += 1;
    else { saving = true; current()?.classList.add("pending"); say("saving"); }
    if (isRow) { const row = current(); if (row) row.ariaCurrent = null; elt.ariaCurrent = "true"; }
    if (saving || isRow) show("true");
  });
  const rest = () => {
    saving = false;
    loading = 0;
    $(".pending")?.classList.remove("pending");
    show(null);
    say();
  };
  on("afterRequest", ({ requestConfig, successful }) => {
    if (requestConfig.verb !== "post") loading = Math.max(0, loading - 1);
    if (!successful && (!loading || saving)) { held = []; rest(); }
  });
  on("afterSettle", () => {
    all(".pick input").forEach((box) => (box.checked = picked.includes(box.value)));
    const row = current(), at = document.activeElement, top = $("#inbox").offsetTop - 80;
    row?.scrollIntoView({ block: "nearest" });
    if (row && row.id !== opened && scrollY > top) scrollTo(0, top);
    if (inside && at === body) [row, $("#approve"), $("#main")].find((each) => each?.checkVisibility()).focus({ preventScroll: true });
    if (loading) return;
    rest();
    if (at?.matches(".row") && at !== row) row?.focus({ preventScroll: true });
    // What was held back happens now, one after the other, each on what is there by then.
    while (held.length && !busy()) held.shift()();
  });

  // The keys ask it whether to wait.
  const stop = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  const refuse = () => say(saving ? "stillSaving" : "stillLoading");
  window.pace = { busy, refuse, stop, isSaving: () => saving, hold: (action) => held.push(action) };

  document.addEventListener("click", (event) => {
    const { target, detail, ctrlKey, metaKey, shiftKey } = event, on = (selector) => target.closest(selector);
    const link = on("#inbox a[hx-get], #inbox .row[href]");
    // Elsewhere in the inbox it would call the decision off, or be dropped, while that is on its way.
    if (link && saving && !ctrlKey && !metaKey && !shiftKey) { stop(event); const path = link.getAttribute("href"); held.push(() => $(`#inbox a[href="${CSS.escape(path)}"]`)?.click()); }
    else if (busy() && on("#detail form button")) { stop(event); refuse(); }
    // The second of a double click would decide the next mail, unseen.
    else if (detail > 1 && on("#inbox form button")) stop(event);
    else if (on("[data-select-all]")) {
      const boxes = all(".pick input"), every = boxes.every((box) => box.checked);
      boxes.forEach((box) => (box.checked = !every));
    }
  }, true);
})();
