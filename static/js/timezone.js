// Tells a form in which time zone the browser is, where nobody has said otherwise.
for (const input of document.querySelectorAll("[data-browser-timezone]")) {
  if (/^(UTC)?$/.test(input.value)) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
for (const list of document.querySelectorAll("#timezones:empty")) {
  list.append(...Intl.supportedValuesOf("timeZone").map((name) => new Option(name)));
}
