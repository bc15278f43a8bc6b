// For a page with players of asha-simulator in it: each is told whether the page is dark, and gets the height it asks for.

(() => {
  const frames = () => Array.from(document.querySelectorAll("iframe.asha-sim-player"));
  const night = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
  const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});

  /** Whether what the frame stands on is dark: the colours around it, one beneath the other, whatever switch chose them. */
  const isDark = frame => {
    pen.clearRect(0, 0, 1, 1);
    pen.globalCompositeOperation = "destination-over";
    const grounds = [];
    for (let around = frame.parentElement; around; around = around.parentElement) grounds.push(getComputedStyle(around).backgroundColor);
    grounds.push(night.matches && getComputedStyle(root).colorScheme.includes("dark") ? "black" : "white");
    for (const ground of grounds) {
      pen.fillStyle = ground;
      pen.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  };
  const tell = frame => {
    frame.contentWindow?.postMessage({"asha-sim": "theme", theme: isDark(frame) ? "dark" : "light"}, "*");
  };
  const tellAll = () => frames().forEach(tell);

  addEventListener("message", ({source, data}) => {
    const frame = frames().find(one => one.contentWindow === source);
    if (!frame || data?.["asha-sim"] !== "height" || !(data.height > 0 && data.height <= 20_000)) return;
    frame.style.height = `${Math.ceil(data.height)}px`;
    tell(frame);
  });
  const watch = new MutationObserver(tellAll);
  for (const element of [root, document.body]) watch.observe(element, {attributes: true});
  night.addEventListener("change", tellAll);
  addEventListener("transitionend", tellAll); // pages that change their colours slowly
  tellAll();
})();
