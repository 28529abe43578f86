// Quick Commands: the list comes from the server, what is chosen in it is marked here.
(() => {
  "use strict";
  const box = document.getElementById("commands"), field = document.getElementById("command");
  const options = () => [...box.querySelectorAll("[role=option]:not([aria-disabled])")];
  const chosen = () => box.querySelector("[aria-selected=true]");
  const isLate = () => box.querySelector("[data-q]")?.dataset.q !== field.value.trim();
  const choose = (option) => {
    options().forEach((each) => each.setAttribute("aria-selected", each === option));
    field.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  };
  // Enter may have been pressed before the list for what was typed had come.
  const settle = () => { choose(options()[0]); if ("entered" in box.dataset && !isLate()) chosen()?.click(); };
  box.addEventListener("htmx:afterSwap", settle);
  box.addEventListener("close", () => delete box.dataset.entered);
  box.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (event.target === box) box.close();
    if (!option) return;
    const recent = /recent=([\w.-]{0,60})/.exec(document.cookie)?.[1] ?? "";
    if (option.dataset.code) document.cookie = `recent=${option.dataset.code}.${recent};path=/;max-age=31536000;samesite=lax`;
    box.close();
  });
  field.addEventListener("keydown", (event) => {
    const list = options(), by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && list.length) { event.preventDefault(); choose(list.at((list.indexOf(chosen()) + by) % list.length)); }
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    delete box.dataset.entered;
    if (isLate()) box.dataset.entered = "";
    else chosen()?.click();
  });
  settle();
})();
