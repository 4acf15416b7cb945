// Looks again every few seconds and swaps what is inside <main>. Without it the page refreshes itself as a whole.
(() => {
  "use strict";
  const seconds = Number(document.currentScript.dataset.seconds);
  const live = document.getElementById("live");
  const isAtEnd = e => e.scrollHeight - e.scrollTop - e.clientHeight < 8;

  const swap = html => {
    const next = new DOMParser().parseFromString(html, "text/html");
    const main = document.querySelector("main"), fresh = next.querySelector("main");
    if (!fresh || fresh.innerHTML === last) return;
    last = fresh.innerHTML;
    // What the reader has opened, scrolled to or focused stays so; a log that stands at its end goes on doing so.
    const open = new Map([...main.querySelectorAll("details[id]")].map(d => [d.id, d.open]));
    const scrolled = [...main.querySelectorAll("details[id]")].map(d => [d.id, d.querySelector("pre")]).filter(([, p]) => p).map(([id, p]) => [id, p.scrollTop, isAtEnd(p)]);
    const focused = document.activeElement?.getAttribute("href");
    main.replaceChildren(...fresh.childNodes);
    for (const d of main.querySelectorAll("details[id]")) if (open.has(d.id)) d.open = open.get(d.id);
    for (const [id, top, end] of scrolled) {
      const pre = document.getElementById(id)?.querySelector("pre");
      if (pre) pre.scrollTop = end ? pre.scrollHeight : top;
    }
    if (focused) main.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    document.title = next.title;
  };

  let last = document.querySelector("main").innerHTML;
  for (const pre of document.querySelectorAll("details[open] pre.log")) pre.scrollTop = pre.scrollHeight;
  const look = async () => {
    const selecting = String(document.getSelection()).length > 0;
    if (!document.hidden && !selecting) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin", redirect: "error" });
        if (!answer.ok) throw new Error(answer.status);
        swap(await answer.text());
        live.textContent = "";
      } catch {
        live.textContent = "not up to date: the host does not answer";
      }
    }
    setTimeout(look, seconds * 1000);
  };
  setTimeout(look, seconds * 1000);
})();
