// What a page does with news, and with time going by. Loaded by app.js when there are some, or it is time.
(() => {
  "use strict";
  const { $, all, body, dress } = page;

  // Morphs what the news bring; says so in the inbox where more waits than is shown.
  const waiting = (within) => all("#live-review, #live-orphans", within).reduce((sum, each) => sum + Number(each.textContent), 0);
  page.renew = (html) => {
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

  // "5 min ago" grows old by itself
  const age = () => all("time[datetime]").forEach((element) => {
    const seconds = (Date.now() - new Date(element.dateTime)) / 1000;
    if (!/^(just now|\d+ min ago|\d+h ago)$/.test(element.textContent) || seconds >= 86400) return;
    element.textContent = seconds < 60 ? "just now" : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)}h ago`;
  });
  age();
  setInterval(age, 3e4);
})();
