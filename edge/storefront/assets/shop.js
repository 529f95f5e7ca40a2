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

  // The price and the stock at the top are those of the chosen variant.
  const showChosen = () => {
    const chosen = document.querySelector("[name=variant]:checked");
    if (!chosen) return;
    const row = chosen.closest(".variant");
    const quantity = document.getElementById("quantity");
    document.querySelector("[data-price]").textContent = row.querySelector(".variant-price").textContent;
    document.querySelector("[data-stock]").replaceChildren(row.querySelector(".stock").cloneNode(true));
    quantity.max = chosen.dataset.max;
    if (+quantity.value > +quantity.max) quantity.value = quantity.max;
  };
  addEventListener("change", (event) => event.target.name === "variant" && showChosen());

  // Coming back by the browser's button: nothing is busy any more, and the choice may be another.
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[data-busy][aria-disabled]")) {
      button.textContent = button.dataset.words;
      button.ariaDisabled = null;
    }
    showChosen();
  });

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
    for (const old of document.querySelectorAll("[data-live]")) {
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
