// The Tracking Inbox while a request is on its way: the row answers at once, and no key or click is lost.
(() => {
  "use strict";
  const $ = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const body = document.body;
  let saving = false, loading = 0, held = [];
  const busy = () => saving || loading > 0;
  const say = (words) => { const line = $("#inbox-busy"); if (line) line.textContent = words; };
  const current = () => $(".row[aria-current]");

  // The inbox: selection, focus and sight survive a swap. What had the focus may go without a word, in any of
  // several swaps that overlap: what counts is where the user was last.
  let picked = [], inside = false, opened = null;
  const note = (event) => { inside = Boolean(event.target.closest?.("#inbox")); };
  document.addEventListener("focusin", note);
  document.addEventListener("pointerdown", note);
  document.addEventListener("keydown", ({ target }) => { inside ||= target === body; }, true);
  body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "inbox") return;
    picked = all(".pick :checked").map((box) => box.id);
    opened = current()?.id;
  });
  body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "inbox") return;
    picked.forEach((id) => { const box = document.getElementById(id); if (box) box.checked = true; });
    const row = current();
    row?.scrollIntoView({ block: "nearest" });
    if (row && row.id !== opened) { const top = $("#inbox").offsetTop - 80; if (scrollY > top) scrollTo(0, top); }
    if (inside && document.activeElement === body) [row, $("#approve"), $("#main")].find((each) => each?.checkVisibility()).focus({ preventScroll: true });
  });
  const open = (row) => {
    current()?.removeAttribute("aria-current");
    $(".rows .current")?.classList.remove("current");
    row.setAttribute("aria-current", "true");
    row.closest("li").classList.add("current");
    $("#detail")?.setAttribute("aria-busy", "true");
  };
  const pend = () => {
    saving = true;
    $(".rows .current")?.classList.add("pending");
    $("#detail")?.setAttribute("aria-busy", "true");
    say("Saving…");
  };
  const rest = () => {
    saving = false;
    loading = 0;
    $(".rows .pending")?.classList.remove("pending");
    $("#detail")?.removeAttribute("aria-busy");
    say("");
  };

  const ours = (event) => event.detail.target?.id === "inbox";
  body.addEventListener("htmx:beforeRequest", (event) => {
    if (!ours(event)) return;
    if (event.detail.requestConfig.verb === "post") return pend();
    loading += 1;
    if (event.detail.elt.matches(".row")) open(event.detail.elt);
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    if (!ours(event)) return;
    if (event.detail.requestConfig.verb !== "post") loading = Math.max(0, loading - 1);
    if (event.detail.failed || !event.detail.successful) { if (!loading || saving) { held = []; rest(); } }
  });
  body.addEventListener("htmx:afterSettle", (event) => {
    if (!ours(event) || loading) return;
    rest();
    const at = document.activeElement;
    if (at?.matches(".row") && at !== current()) current()?.focus({ preventScroll: true });
    // What was held back happens now, one after the other, each on what is there by then.
    while (held.length && !busy()) held.shift()();
  });

  const stop = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  // The keys ask it whether to wait.
  window.pace = { busy, say, stop, isSaving: () => saving, hold: (action) => held.push(action) };

  // A click elsewhere in the inbox would call the decision off, or be dropped, while that is on its way.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#inbox a[hx-get], #inbox .row[href]");
    if (link && saving && !event.ctrlKey && !event.metaKey && !event.shiftKey) { stop(event); const path = link.getAttribute("href"); held.push(() => $(`#inbox a[href="${CSS.escape(path)}"]`)?.click()); }
    else if (busy() && event.target.closest("#detail form button")) { stop(event); say(`Still ${saving ? "saving" : "loading"}. Try again in a moment.`); }
  }, true);
  // The second of a double click would decide the next mail, unseen.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest("#inbox form button")) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-select-all]")) return;
    const boxes = all(".pick input"), every = boxes.every((box) => box.checked);
    boxes.forEach((box) => (box.checked = !every));
  });
})();
