// Tells the sign-up form in which time zone the browser is.
for (const input of document.querySelectorAll("[data-browser-timezone]")) {
  input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
