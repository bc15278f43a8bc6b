// The player in somebody's page: `?theme=light|dark|auto` says how it is dressed, `?embed` leaves its heading out, lets
// it follow the page around it and tells that page how tall it is. It is read before anything is shown.

(() => {
  const root = document.documentElement, asked = new URLSearchParams(location.search), THEMES = ["light", "dark"];
  const fixed = THEMES.includes(asked.get("theme"));
  const dress = theme => {
    if (THEMES.includes(theme) && root.dataset.theme !== theme) root.dataset.theme = theme;
  };
  dress(asked.get("theme"));
  if (!asked.has("embed")) return;
  root.classList.add("embedded");
  if (window === parent) return;
  addEventListener("message", ({source, data}) => {
    if (source === parent && !fixed && data?.["asha-sim"] === "theme") dress(data.theme);
  });
  document.addEventListener("DOMContentLoaded", () => {
    const main = document.querySelector("main");
    const tell = () => {
      parent.postMessage({"asha-sim": "height", height: Math.ceil(main.getBoundingClientRect().height)}, "*");
    };
    new ResizeObserver(tell).observe(main);
  });
})();
