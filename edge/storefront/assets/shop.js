// The shop's one script. Every page works without it; it saves a wait here and there.
(() => {
  "use strict";

  // A pressed button says what it is doing and cannot be pressed twice.
  addEventListener("submit", (event) => {
    const button = event.target.querySelector("[data-busy]");
    if (!button) return;
    if (button.ariaDisabled === "true") return event.preventDefault();
    button.dataset.words = button.textContent;
    button.textContent = button.dataset.busy;
    button.ariaDisabled = "true";
  });

  // A product's pictures are a strip; the small ones below it push it along.
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const [strip] = all("[data-strip]");
  const show = (picture) => strip.scrollTo({ left: picture.offsetLeft - strip.firstElementChild.offsetLeft });
  addEventListener("click", (event) => {
    const link = event.target.closest?.(".thumbs a");
    if (!link) return;
    event.preventDefault();
    show(document.querySelector(link.hash));
  });

  // Price, stock, picture and address follow the chosen variant; what is not to be had with the rest of it is marked.
  const table = JSON.parse(all("[data-variants]")[0]?.textContent ?? "null");
  const groups = all("[data-group]").map((group) => all("option, [type=radio]", group));
  const rows = new Map(table?.rows.map((row) => [row.slice(0, groups.length).join(), row.slice(groups.length)]));
  const notes = { in: "", out: "sold out", none: "not made" };
  const showChosen = () => {
    const chosen = groups.map((values) => values.findIndex((value) => value.selected || value.checked));
    groups.forEach((values, group) => values.forEach((value, place) => {
      const most = rows.get(chosen.map((old, index) => (index === group ? place : old)).join())?.[2];
      const state = most ? "in" : most === 0 ? "out" : "none";
      const label = value.closest("label");
      if (!label) {
        value.text = value.dataset.words + (notes[state] && ` (${notes[state]})`);
        return;
      }
      label.dataset.state = state;
      label.querySelector("[data-note]").textContent = notes[state];
    }));
    const [price, stock, most, picture] = rows.get(chosen.join()) ?? [];
    const words = groups.map((values, group) => values[chosen[group]]?.dataset.words).join(", ");
    all("[data-price]").forEach((text) => { text.textContent = table.prices[price] ?? "–"; });
    all("[data-chosen]").forEach((text) => { text.textContent = words; });
    const badge = all("[data-badge]")[stock] ?? all("[data-badge-none]")[0];
    all("[data-stock]")[0].replaceChildren(badge.content.cloneNode(true));
    if (picture >= 0) show(strip.children[picture]);
    const [button] = all("[data-buy]");
    if (!button) return;
    button.disabled = !most;
    button.textContent = most ? button.dataset.buy : button.dataset.none;
    const quantity = document.getElementById("quantity");
    quantity.max = most || 1;
    if (+quantity.value > +quantity.max) quantity.value = quantity.max;
  };
  addEventListener("change", ({ target }) => {
    if (!target.closest("[data-group]")) return;
    showChosen();
    const fields = new URLSearchParams(new FormData(target.form));
    ["product", "quantity"].forEach((name) => fields.delete(name));
    history.replaceState(null, "", `?${fields}`);
  });

  // Coming back by the browser's button: nothing is busy any more, and the choice may be another.
  addEventListener("pageshow", () => {
    for (const button of all("[data-busy][aria-disabled]")) {
      button.textContent = button.dataset.words;
      button.ariaDisabled = null;
    }
    if (table) showChosen();
  });

  // More products are appended, so that the place in the list is kept; without an answer the link is a link.
  addEventListener("click", async (event) => {
    const link = event.target.closest?.("[data-pager] [rel=next]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [pager, position] = [page.querySelector("[data-pager]"), page.querySelector("[data-position]")];
      if (position) position.textContent = position.textContent.replace(/^\d+/, "1");
      const cards = [...page.querySelector(".grid").children];
      document.querySelector(".grid").append(...cards);
      document.querySelector("[data-pager]").replaceWith(pager);
      cards[0].querySelector("a").focus({ preventScroll: true });
    } catch {
      location.href = link.href;
    }
  });

  // What was typed into the checkout outlives its page, in this tab, until the order is placed.
  const kept = document.querySelector("form[data-keep]");
  const typed = (form) => [...new FormData(form)].filter(([name]) => form.querySelector(`#${name}:not([type=radio])`));
  try {
    if (kept) {
      const before = JSON.parse(sessionStorage.typed ?? "{}");
      if (!kept.elements.email.value) {
        for (const [name, text] of Object.entries(before)) if (text) kept.elements[name].value = text;
      }
      kept.addEventListener("input", () => {
        sessionStorage.typed = JSON.stringify(Object.fromEntries(typed(kept)));
      });
    } else if (document.getElementById("order-status")) {
      sessionStorage.removeItem("typed");
    }
  } catch { /* The browser keeps nothing. */ }

  // Times in the reader's own time zone; the shop's stays as the title.
  const clock = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });
  const localise = () => {
    for (const time of document.querySelectorAll("time:not([title])")) {
      time.title = time.textContent;
      time.textContent = clock.format(new Date(time.dateTime));
    }
  };
  localise();

  for (const shell of document.querySelectorAll("[data-shell]")) {
    shell.textContent = shell.textContent.replace(/=\S+/, `=${location.origin}`);
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.onclick = () => print();
  }

  // An order's page follows its status: the words are announced, then the parts that show it are fetched anew. It holds
  // a connection only while its payment is decided and it is seen; later it asks again when it is shown again.
  const state = () => document.querySelector("[data-status]")?.dataset ?? {};
  const refresh = async () => {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    for (const old of all("[data-live]")) {
      const fresh = page.getElementById(old.id);
      fresh.classList.add("fresh");
      old.replaceWith(fresh);
    }
    localise();
  };
  let stream;
  const follow = () => {
    if (!state().events || document.hidden) return;
    stream = new EventSource(state().events);
    const again = () => {
      stream.close();
      setTimeout(() => refresh().then(follow, again), 3000);
    };
    let turn = Promise.resolve();
    stream.onmessage = ({ data }) => {
      turn = turn.then(async () => {
        const { status, label, detail } = JSON.parse(data);
        if (status === state().status) return;
        document.getElementById("live").textContent = [label, detail].filter(Boolean).join(". ");
        await refresh();
        if (!state().events) stream.close();
      }).catch(again);
    };
    // The browser reconnects by itself unless the answer was an error.
    stream.onerror = () => stream.readyState === EventSource.CLOSED && again();
  };
  addEventListener("visibilitychange", () => {
    stream?.close();
    if (!document.hidden && "open" in state()) refresh().then(follow, follow);
  });
  follow();
})();
