// Makes pages quicker; every page works without it.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const body = document.body;
  const hear = (name, act) => body.addEventListener(`htmx:${name}`, (event) => act(event.detail, event));
  const shut = () => all(".menu[open]").forEach((menu) => (menu.open = false));

  // What few visits use comes when it is first used; an attribute of the body names the file until it is there.
  // A key that has to wait for it is pressed again then. What failed is asked for under another address.
  const scripts = {};
  let early = [], tries = 0;
  const press = (event) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", event));
  const need = (name, event) => {
    if (event) { event.preventDefault(); if (!event.repeat) early.push(event); }
    return scripts[name] ??= import(`${body.dataset[name]}#${tries++}`).then(
      () => { body.dataset[name] = ""; early.splice(0).forEach(press); },
      () => { delete scripts[name]; early = []; },
    );
  };

  // Morphing keeps what the user has opened or typed; what a focused link holds is renewed. Public pages do without.
  if (window.Idiomorph) {
    const isField = () => document.activeElement.matches("input, textarea, select");
    Object.defineProperty(Idiomorph.defaults, "ignoreActiveValue", { get: isField, enumerable: true });
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) =>
      !(name === "open" && element.matches(".menu")) && !(name === "hidden" && element.id === "fresh");
  }

  // Toasts
  const expire = (toast) => {
    toast.dataset.timed = "";
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2e3) : toast.remove());
    setTimeout(leave, 12e3);
  };
  const dress = () => {
    all("[data-toast]:not([data-timed])").forEach(expire);
    all("[data-toast]").slice(0, -3).forEach((toast) => toast.remove());
  };
  window.page = { $, all, body, hear, need, press, dress };
  // What it says stands in the page, in the language of that. `label` is that of a button that stays.
  const complain = (what, again, label) => {
    const { content, dataset } = $("#toast-error"), toast = content.firstElementChild.cloneNode(true), button = $("[data-retry]", toast);
    $("p", toast).textContent = dataset[what];
    if (label) { toast.dataset.timed = ""; button.textContent = dataset[label]; }
    button.onclick = () => { toast.remove(); again(); };
    $("#toasts").append(toast);
    dress();
  };
  const reload = () => location.reload();
  const retry = ({ elt, requestConfig }) => {
    const by = requestConfig?.triggeringEvent?.submitter;
    complain("silent", () =>
      elt.matches("form") ? elt.requestSubmit(by?.form === elt ? by : null) : elt.click());
  };
  // Until a swap has settled, htmx knows of an element that was kept only where it led before.
  hear("configRequest", (detail) => {
    if (!detail.triggeringEvent?.submitter?.hasAttribute("formaction")) detail.path = detail.elt.getAttribute(detail.boosted ? "href" : `hx-${detail.verb}`) || detail.path;
  });
  hear("sendError", retry);
  hear("responseError", (detail) => {
    const { status } = detail.xhr;
    if (status >= 500) retry(detail);
    else complain(status === 403 ? "old" : "gone", reload, "reload");
  });
  hear("afterSettle", dress);
  hear("afterRequest", ({ requestConfig, successful, elt }) => {
    if (requestConfig?.verb !== "post") return;
    if (successful) elt.closest("[data-toast]")?.remove();
    poll();
  });

  // Live: the bell, the pill and the counts
  let tag = body.dataset.liveTag, timer;
  const poll = async () => {
    if (!body.dataset.live || document.hidden) return;
    try {
      const answer = await fetch(body.dataset.live, { headers: { "If-None-Match": tag }, cache: "no-store" });
      if (answer.status === 401) return (body.dataset.live = "") || complain("out", reload, "enter");
      if (answer.status === 200) { await need("liveJs"); page.renew(await answer.text()); tag = answer.headers.get("ETag"); }
    } catch { /* offline: the next poll tries again */ }
    wait();
  };
  const wait = () => { clearTimeout(timer); timer = setTimeout(poll, $("#live-pill[data-busy]") ? 2e3 : 8e3); };
  document.addEventListener("visibilitychange", poll);
  wait();
  if (body.dataset.liveJs) setTimeout(need, 3e4, "liveJs"); // by then "just now" has grown old

  // Clicks
  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    all(".menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (on("[data-dismiss]")) on("[data-toast]").remove();
    if (on("[data-commands]") && !(event.ctrlKey || event.metaKey || event.shiftKey)) { event.preventDefault(); command(); }
    if (on("[data-open]") && $("#shortcuts")) { event.preventDefault(); shut(); $("#shortcuts").showModal(); htmx.trigger("#shortcuts", "show"); }
  });

  document.addEventListener("change", ({ target }) => { if (target.matches("[data-submit]")) target.form.requestSubmit(); });

  // Quick Commands open at once, so that what is typed goes nowhere else; choosing by keys comes with the script.
  const box = $("#commands"), field = $("#command");
  const command = () => {
    if (box.open || $("dialog[open]")) { box.close(); return; }
    shut();
    $("[name=next]", box).value = location.pathname + location.search;
    box.showModal();
    field.select();
    if (body.dataset.commandsJs) need("commandsJs"); // without it the list is still one of links
    htmx.trigger(field, "show");
  };

  // Keys
  document.addEventListener("keydown", (event) => {
    const { key, target } = event, modified = event.ctrlKey || event.metaKey || event.altKey;
    if (key === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && box) { event.preventDefault(); command(); return; }
    if (key === "Enter" && target === field && body.dataset.commandsJs) need("commandsJs", event);
    if (key === "Escape") {
      const menu = $(".menu[open]");
      if (menu) { menu.open = false; $("summary", menu).focus(); }
      else if (target.matches?.(".detail input, .detail select")) target.blur();
    }
    if (!body.dataset.keysJs || modified || event.isComposing || !/^[a-z/?]$/.test(key)) return;
    if (!target.matches?.("input:not([type=checkbox]), textarea, select, [contenteditable]") && !$("dialog[open]")) need("keysJs", event);
  });

  // Tabs too many for a narrow screen: begin at the one that is open
  all(".tabs:has([aria-current])").forEach((tabs) => (tabs.scrollLeft = $("[aria-current]", tabs).offsetLeft - tabs.offsetLeft - 24));

  dress();
})();
