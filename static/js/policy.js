/* A policy's form: once something else is typed than was read from the paper, say so. Without JavaScript the server says it. */
(() => {
  "use strict";
  const plain = (text) => text.normalize("NFKC").replace(/[\s,，¥￥元-]/g, "").replace(/\.00$/, "").toUpperCase();

  function compare(input) {
    const note = input.closest("[id^=div_id_]")?.querySelector(".read-differs");
    if (note) note.hidden = plain(input.value) === plain(input.dataset.read);
  }

  document.addEventListener("input", (event) => { if (event.target.matches("[data-read]")) compare(event.target); });
  document.addEventListener("change", (event) => { if (event.target.matches("[data-read]")) compare(event.target); });
})();
