// Makes pages quicker; every page works without it.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const body = document.body;

  // What few visits use comes when it is first used; an attribute of the body names the file until it is there.
  // A key that has to wait for it is pressed again then.
  const scripts = {}, early = [];
  const fetchScript = (name) => scripts[name] ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = body.dataset[name];
    script.onload = () => { body.dataset[name] = ""; done(); };
    script.onerror = () => { delete scripts[name]; failed(); };
    document.head.append(script);
  });
  const press = ({ key, shiftKey }) =>
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true }));
  const need = window.need = (name, event) => {
    if (event) { event.preventDefault(); if (!event.repeat) early.push(event); }
    fetchScript(name).then(() => early.splice(0).forEach(press), () => (early.length = 0));
  };

  // Morphing keeps what the user has opened or typed; what a focused link holds is renewed. Public pages do without.
  if (window.Idiomorph) {
    const isField = () => document.activeElement.matches("input, textarea, select");
    Object.defineProperty(Idiomorph.defaults, "ignoreActiveValue", { get: isField, enumerable: true });
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
      !(name === "open" && element.matches(".menu")) && !(name === "hidden" && element.id === "fresh");
  }

  const dress = () => {
    all("[data-toast]:not([data-timed])").forEach(expire);
    all("[data-toast]").slice(0, -3).forEach((toast) => toast.remove());
  };

  // Toasts
  const expire = (toast) => {
    toast.dataset.timed = "";
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2e3) : toast.remove());
    setTimeout(leave, 12e3);
  };
  const complain = (words, again, label) => {
    const toast = $("#toast-error").content.firstElementChild.cloneNode(true);
    $("p", toast).textContent = words;
    if (label) { toast.dataset.timed = ""; $("[data-retry]", toast).textContent = label; }
    $("[data-retry]", toast).addEventListener("click", () => { toast.remove(); again(); });
    $("#toasts").append(toast);
    dress();
  };
  const retry = (event) => {
    const source = event.detail.elt, by = event.detail.requestConfig?.triggeringEvent?.submitter;
    complain("Nothing changed. The server did not answer.", () =>
      source.matches("form") ? source.requestSubmit(by?.form === source ? by : null) : source.click());
  };
  // Until a swap has settled, htmx knows of an element that was kept only where it led before.
  body.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!detail.triggeringEvent?.submitter?.hasAttribute("formaction")) detail.path = detail.elt.getAttribute(detail.boosted ? "href" : `hx-${detail.verb}`) || detail.path;
  });
  body.addEventListener("htmx:sendError", retry);
  body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status >= 500) retry(event);
    else complain(`${status === 403 ? "This page is too old" : "That is gone"}. Nothing changed.`, () => location.reload(), "Reload");
  });

  body.addEventListener("htmx:afterSettle", dress);
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
      if (answer.status === 401) return (body.dataset.live = "") || complain("You are signed out. Copy what you have typed, then sign in.", () => location.reload(), "Sign in");
      if (answer.status === 200) { tag = answer.headers.get("ETag"); renew(await answer.text()); }
    } catch { /* offline: the next poll tries again */ }
    wait();
  };
  const wait = () => { clearTimeout(timer); timer = setTimeout(poll, $("#live-pill[data-busy]") ? 2e3 : 8e3); };
  document.addEventListener("visibilitychange", poll);
  wait();

  // "5 min ago" grows old by itself
  setInterval(() => all("time[datetime]").forEach((element) => {
    const seconds = (Date.now() - new Date(element.dateTime)) / 1000;
    if (!/^(just now|\d+ min ago|\d+h ago)$/.test(element.textContent) || seconds >= 86400) return;
    element.textContent = seconds < 60 ? "just now" : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)}h ago`;
  }), 3e4);

  // Clicks
  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    all(".menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (on("[data-dismiss]")) on("[data-toast]").remove();
    if (on("[data-commands]") && !(event.ctrlKey || event.metaKey || event.shiftKey)) { event.preventDefault(); command(); }
    if (on("[data-open]") && $("#shortcuts")) { event.preventDefault(); all(".menu[open]").forEach((menu) => (menu.open = false)); $("#shortcuts").showModal(); htmx.trigger("#shortcuts", "show"); }
  });

  document.addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form.requestSubmit(); });

  // Quick Commands open at once, so that what is typed goes nowhere else; choosing by keys comes with the script.
  const box = $("#commands"), field = $("#command");
  const command = () => {
    if (box.open || $("dialog[open]")) { box.close(); return; }
    all(".menu[open]").forEach((menu) => (menu.open = false));
    $("[name=next]", box).value = location.pathname + location.search;
    delete box.dataset.entered;
    box.showModal();
    field.select();
    if (body.dataset.commandsJs) need("commandsJs"); // without it the list is still one of links
    htmx.trigger(field, "show");
  };

  // Keys
  document.addEventListener("keydown", (event) => {
    const { key, target } = event, modified = event.ctrlKey || event.metaKey || event.altKey;
    if (key === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && box) { event.preventDefault(); command(); return; }
    if (key === "Enter" && target === field && !event.defaultPrevented && !event.isComposing) { event.preventDefault(); box.dataset.entered = ""; }
    if (key === "Escape") {
      const menu = $(".menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      else if (target.matches?.(".detail input, .detail select")) target.blur();
    }
    if (!("shortcuts" in body.dataset) || modified || event.isComposing || !"jkozx/?aercgibd".includes(key)) return;
    if (target.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]") || $("dialog[open]")) return;
    if (body.dataset.keysJs) need("keysJs", event);
  });

  // Tabs too many for a narrow screen: begin at the one that is open
  all(".tabs:has([aria-current])").forEach((tabs) => (tabs.scrollLeft = $("[aria-current]", tabs).offsetLeft - tabs.offsetLeft - 24));

  dress();
})();
