/* What pages do better with JavaScript; every page works without it. No inline script, no eval: the policy forbids both. */
(() => {
  "use strict";
  const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const lead = Date.parse(document.documentElement.dataset.now) - Date.now(); // the server's clock decides, not this machine's
  const two = (n) => String(n).padStart(2, "0");

  function remaining(ms) {
    if (ms <= 0) return "已截止";
    const d = Math.floor(ms / DAY), h = Math.floor(ms % DAY / HOUR), m = Math.floor(ms % HOUR / MINUTE), s = Math.floor(ms % MINUTE / 1000);
    return d ? `${d} 天 ${two(h)} 时` : `${two(h)} 时 ${two(m)} 分 ${two(s)} 秒`;
  }

  function countDown() {
    const now = Date.now() + lead;
    for (const el of document.querySelectorAll("[data-countdown]")) el.textContent = remaining(Date.parse(el.dataset.countdown) - now);
  }

  /* A second click on a slow line must not send a second form. The button keeps its name and value, so it is not disabled. */
  function guardSubmit(event) {
    const form = event.target, button = event.submitter;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "get" || form.target === "_blank" || "again" in form.dataset) return;
    form.dataset.sent = "1";
    if ("download" in form.dataset) setTimeout(() => location.reload(), 3000); // a file comes; the page shows what it has changed
    delete form.dataset.dirty;
    if (!button) return;
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-busy", "true");
  }

  function release() {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-busy]")) { button.removeAttribute("aria-busy"); button.removeAttribute("aria-disabled"); }
  }

  /* <input type="file" data-max-bytes="20971520">: says name and size at once, and refuses what the server would refuse. */
  function hintFile(input) {
    let hint = input.parentNode.querySelector(".file-hint");
    if (!hint) {
      hint = document.createElement("div");
      hint.setAttribute("role", "status");
      input.after(hint);
    }
    const max = Number(input.dataset.maxBytes || Infinity), megabytes = (bytes) => (bytes / 1048576).toFixed(1) + " MB";
    const tooBig = [...input.files].find((file) => file.size > max);
    hint.className = tooBig ? "file-hint bad" : "file-hint";
    hint.textContent = tooBig ? `${tooBig.name} 有 ${megabytes(tooBig.size)}，超过 ${megabytes(max)}，请压缩后再选。`
      : [...input.files].map((file) => `已选 ${file.name}（${megabytes(file.size)}）`).join("；");
    input.setCustomValidity(tooBig ? hint.textContent : "");
  }

  /* <form data-autosave>: htmx posts it while it is filled in. Only the line meant for it is shown, a refusal too; a broken line is tried again. */
  function autosaving(event) {
    const form = event.detail?.requestConfig?.elt || event.detail?.elt || event.target;
    return form.matches?.("form[data-autosave]") ? form : null;
  }

  function notSaved(form, sentence, again) {
    form.querySelector("#autosaved").textContent = sentence;
    if (again) setTimeout(() => htmx.trigger(form, "again"), 5000);
  }

  const LATER = "没有保存，正在等待网络恢复，会自动再试。请不要关闭本页。";
  document.addEventListener("htmx:sendError", (event) => { const form = autosaving(event); if (form) notSaved(form, LATER, true); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = autosaving(event), xhr = event.detail.xhr;
    if (!form) return;
    event.detail.shouldSwap = xhr.getResponseHeader("X-Autosave") !== null;
    event.detail.isError = false;
    if (event.detail.shouldSwap) return;
    if (xhr.status >= 500) notSaved(form, LATER, true);
    else notSaved(form, "没有保存。请先复制填写的内容，再刷新本页，必要时重新登录。", false);
  });

  document.addEventListener("submit", (event) => { if (!event.defaultPrevented) guardSubmit(event); });
  document.addEventListener("change", (event) => {
    if (event.target.matches("input[type=file]")) hintFile(event.target);
    const form = event.target.closest("form[data-guard]"); // <form data-guard>: leaving with unsaved changes asks first
    if (form) form.dataset.dirty = "1";
  });
  /* <button data-tick="case" hidden>: ticks every box of that name, or none once all are ticked. */
  function tickAll(button) {
    const boxes = [...document.querySelectorAll(`input[type=checkbox][name="${button.dataset.tick}"]`)], all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  }

  for (const button of document.querySelectorAll("[data-tick]")) button.hidden = false;
  document.addEventListener("click", (event) => { const button = event.target.closest("[data-tick]"); if (button) tickAll(button); });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
  document.addEventListener("htmx:afterRequest", (event) => { if (!autosaving(event)) release(); });
  window.addEventListener("pageshow", (event) => {
    release();
    if (event.persisted && document.querySelector(".unfiled")) location.reload(); // what was filed meanwhile is not shown as a draft
  });
  window.addEventListener("beforeunload", (event) => { if (document.querySelector("form[data-dirty]")) event.preventDefault(); });

  document.querySelector("[data-autofocus]")?.focus();
  if (document.querySelector("[data-countdown]")) { countDown(); setInterval(countDown, 1000); }
})();
