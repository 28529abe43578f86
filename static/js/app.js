// Makes pages quicker; every page works without it.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const body = document.body;
  const TOAST_MS = 12000;

  // Morphing keeps what the user has opened or typed.
  Idiomorph.defaults.ignoreActiveValue = true;
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
    !(name === "open" && element.matches(".menu")) && !(name === "hidden" && element.id === "fresh");

  const dress = () => {
    all("[data-toast]:not([data-timed])").forEach(expire);
    all("[data-toast]").slice(0, -3).forEach((toast) => toast.remove());
  };

  // Toasts
  const expire = (toast) => {
    toast.dataset.timed = "";
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, TOAST_MS);
  };
  const complain = (words, again) => {
    const toast = $("#toast-error").content.firstElementChild.cloneNode(true);
    $("p", toast).textContent = words;
    $("[data-retry]", toast).addEventListener("click", () => { toast.remove(); again(); });
    $("#toasts").append(toast);
    dress();
  };
  const retry = (event) => {
    const source = event.detail.elt;
    complain("Nothing changed. The server did not answer as it should.", () =>
      source.matches("form") ? source.requestSubmit() : source.click());
  };
  body.addEventListener("htmx:sendError", retry);
  body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) retry(event);
    else complain("That is not there any more. Nothing changed.", () => location.reload());
  });

  // The inbox: selection, focus and sight survive a swap. What had the focus may go without a word, in any of
  // several swaps that overlap: what counts is where the user was last.
  let picked = [], inside = false, opened = null;
  const note = (event) => { inside = Boolean(event.target.closest?.("#inbox")); };
  document.addEventListener("focusin", note);
  document.addEventListener("pointerdown", note);
  const current = () => $(".row[aria-current]");
  body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "inbox") return;
    picked = all(".pick :checked").map((box) => box.id);
    opened = current()?.id;
  });
  body.addEventListener("htmx:afterSettle", (event) => {
    dress();
    if (event.detail.target?.id !== "inbox") return;
    picked.forEach((id) => { const box = document.getElementById(id); if (box) box.checked = true; });
    const row = current();
    row?.scrollIntoView({ block: "nearest" });
    if (row && row.id !== opened) { const top = $("#inbox").offsetTop - 80; if (scrollY > top) scrollTo(0, top); }
    if (inside && document.activeElement === body) [row, $("#approve"), $("#main")].find((each) => each?.checkVisibility()).focus({ preventScroll: true });
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig?.verb !== "post") return;
    if (event.detail.successful) event.detail.elt.closest("[data-toast]")?.remove();
    poll();
  });

  // Live: the bell, the pill and the counts
  let tag = body.dataset.liveTag, timer;
  const waiting = (within) => all("#live-review, #live-orphans", within).reduce((sum, each) => sum + Number(each.textContent), 0);
  const renew = (html) => {
    const news = new DOMParser().parseFromString(html, "text/html");
    const more = waiting(news) > waiting(document);
    all("[id^=live-]", news).forEach((element) => {
      const old = document.getElementById(element.id);
      if (old) Idiomorph.morph(old, element, { morphStyle: "outerHTML" });
    });
    if (more && $("#fresh")) $("#fresh").hidden = false;
    htmx.trigger(body, "live");
    dress();
  };
  const poll = async () => {
    clearTimeout(timer);
    if (!body.dataset.live || document.hidden) return;
    try {
      const answer = await fetch(body.dataset.live, { headers: { "If-None-Match": tag }, cache: "no-store" });
      if (answer.status === 401) return;
      if (answer.status === 200) { tag = answer.headers.get("ETag"); renew(await answer.text()); }
    } catch { /* offline: the next poll tries again */ }
    clearTimeout(timer);
    timer = setTimeout(poll, $("#live-pill")?.hasAttribute("data-busy") ? 2000 : 8000);
  };
  document.addEventListener("visibilitychange", poll);
  timer = setTimeout(poll, $("#live-pill")?.hasAttribute("data-busy") ? 2000 : 8000);

  // "5 min ago" grows old by itself
  setInterval(() => all("time[datetime]").forEach((element) => {
    const seconds = (Date.now() - new Date(element.dateTime)) / 1000;
    if (!/^(just now|\d+ min ago|\d+h ago)$/.test(element.textContent) || seconds >= 86400) return;
    element.textContent = seconds < 60 ? "just now" : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)}h ago`;
  }), 30000);

  // Clicks. The second of a double click would decide the next mail, unseen.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest("#inbox form button")) { event.preventDefault(); event.stopPropagation(); }
  }, true);
  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    all(".menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (on("[data-dismiss]")) on("[data-toast]").remove();
    if (on("[data-open]")) { all(".menu[open]").forEach((menu) => (menu.open = false)); document.getElementById(on("[data-open]").dataset.open).showModal(); }
    if (on("[data-select-all]")) {
      const boxes = all(".pick input"), every = boxes.every((box) => box.checked);
      boxes.forEach((box) => (box.checked = !every));
    }
  });

  // Keys
  const PLACES = { i: "/inbox/", b: "/applications/?view=board", a: "/applications/?view=list", d: "/dashboard/" };
  let going = false;
  const step = (by) => {
    const rows = all(".row[href]"), next = rows[rows.indexOf(current()) + by];
    if (next) { next.focus({ preventScroll: true }); next.click(); }
  };
  const press = (key) => {
    const target = $(`#inbox [data-key="${key}"]`);
    if (!target) return false;
    if (target.matches("details")) { target.open = true; $("input:not([type=hidden])", target)?.focus(); }
    else target.click();
    return true;
  };
  const KEYS = {
    j: () => step(1), k: () => step(-1), o: () => current()?.click(), z: () => all("[data-undo]").at(-1)?.click(),
    x: () => { const box = $(`.current .pick input`); if (box) box.checked = !box.checked; },
    "/": () => $("[data-search]")?.focus(), "?": () => $("#shortcuts")?.showModal(),
    a: () => press("a"), e: () => press("e"), r: () => press("r"), c: () => press("c"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = $(".menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      else if (event.target.matches?.(".detail input, .detail select")) event.target.blur();
    }
    if (!("shortcuts" in body.dataset) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]") || $("dialog[open]")) return;
    if (going && PLACES[event.key]) { event.preventDefault(); location.assign(PLACES[event.key]); return; }
    going = event.key === "g";
    if (going) { setTimeout(() => (going = false), 1500); return; }
    if (KEYS[event.key] && (!event.repeat || "jk".includes(event.key))) { event.preventDefault(); inside ||= Boolean($("#inbox")); KEYS[event.key](); }
  });

  // Tabs too many for a narrow screen: begin at the one that is open
  all(".tabs:has([aria-current])").forEach((tabs) => (tabs.scrollLeft = $("[aria-current]", tabs).offsetLeft - tabs.offsetLeft - 24));

  dress();
})();
