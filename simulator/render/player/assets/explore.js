// The sliders: each place of them is a world, which comes from the page itself, from this machine or from a notebook.

const PATIENT = 150; // milliseconds that a world may take before the next move ends it
const REST = 350; // milliseconds after which a hand is at rest

/** Worlds that the page holds, by the places of the sliders, the last one fastest. */
class Held {
  constructor(about) { Object.assign(this, about); }

  async world(places) {
    const number = places.reduce((sum, place, at) => sum * this.sliders[at].names.length + place, 0);
    const bytes = Uint8Array.from(atob(this.worlds[number]), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  async spread() { return null; } // is among what the world says
}

/** Worlds that are simulated on this machine when they are asked for. */
class Asked {
  constructor(about) { Object.assign(this, about); }

  world(places, names, signal) { return this.#ask("world", names, signal); }
  async spread(names, signal) { return (await this.#ask("spread", names, signal)).said; }

  async #ask(what, names, signal) {
    const answer = await fetch(this.address + what, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(names), signal,
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.problem);
    return told;
  }
}

/** Worlds that the kernel of a notebook simulates: this page is a frame of a widget, which passes questions and answers on. */
class Kernel {
  constructor(about) {
    Object.assign(this, about);
    this.own = Math.random().toString(36).slice(2); // a widget may be shown several times
    this.asked = 0;
    this.waiting = new Map();
    addEventListener("message", ({source, data}) => {
      if (source === parent && data?.["asha-sim"] === "answer") this.#hear(data);
    });
    for (const link of document.querySelectorAll(".deed")) {
      link.onclick = event => {
        event.preventDefault();
        this.#post("ask", {id: this.#next(), what: link.getAttribute("href").split("?")[0], names: window.explorer.changed});
      };
    }
    $("#share").hidden = true; // a cell has no address
  }

  world(places, names, signal) { return this.#ask("world", names, signal); }
  async spread(names, signal) { return (await this.#ask("spread", names, signal)).said; }

  #next() { return `${this.own}-${++this.asked}`; }
  #post(kind, told) { parent.postMessage({"asha-sim": kind, ...told}, "*"); }

  #ask(what, names, signal) {
    const id = this.#next();
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {resolve, reject});
      signal.addEventListener("abort", () => {
        this.waiting.delete(id);
        this.#post("cancel", {id});
        reject(new DOMException("A move ended it.", "AbortError"));
      });
      this.#post("ask", {id, what, names});
    });
  }

  #hear({id, ok, text}) {
    const told = this.waiting.get(id);
    this.waiting.delete(id);
    if (!told) return;
    const answer = JSON.parse(text);
    if (ok) told.resolve(answer); else told.reject(new Error(answer.problem));
  }
}

class Explorer {
  constructor(player, about, source) {
    Object.assign(this, {player, about, source, title: $("h1").textContent});
    this.inputs = about.sliders.map((_, at) => $(`#slider-${at}`));
    this.moves = 0; // pictures drawn
    this.flight = null;
    this.resting = 0;
    this.links = Array.from(document.querySelectorAll(".deed"), link => [link, link.getAttribute("href")]);
    this.inputs.forEach(input => { input.oninput = () => this.move(); });
    $("#panel").onsubmit = event => event.preventDefault();
    $("#reset").onclick = () => this.go(about.sliders.map(({at}) => at));
    $("#share").onclick = () => this.share();
    addEventListener("hashchange", () => this.restore());
    this.#tell(about.said);
    if (location.hash.length > 1) this.restore(); else if (!about.worlds.length) this.rest();
    this.#show();
  }

  get places() { return this.inputs.map(input => Number(input.value)); }
  get names() { return this.about.sliders.map(({names}, at) => names[this.places[at]]); }

  /** Names by key, of what is elsewhere than at first. */
  get changed() {
    const {names} = this;
    return Object.fromEntries(this.about.sliders.flatMap(({key, names: all, at}, number) => (
      names[number] === all[at] ? [] : [[key, names[number]]])));
  }

  go(places) {
    places.forEach((place, at) => { this.inputs[at].value = place; });
    this.move();
  }

  /** A slider was moved: show its value at once, and the world as soon as it is there. */
  move() {
    this.#show();
    const hash = new URLSearchParams(this.changed).toString();
    if (window === window.top) history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    this.#drop();
    this.next = true;
    if (!this.flight) this.#fly();
    else this.#hurry();
  }

  /** End what is under way if it takes long. */
  #hurry() {
    const {flight} = this;
    setTimeout(() => { if (this.next) flight.abort(); }, Math.max(0, flight.began + PATIENT - performance.now()));
  }

  async #fly() {
    while (this.next) {
      this.next = false;
      const flight = this.flight = Object.assign(new AbortController(), {began: performance.now()});
      const {places, names, changed} = this;
      try {
        const world = await this.source.world(places, changed, flight.signal);
        this.player.replace(world);
        this.moves += 1;
        this.shown = names;
        this.#tell(world.said);
      } catch (error) {
        if (error.name !== "AbortError") this.#tell([`This world can't be shown: ${error.message}`]);
      }
      this.flight = null;
    }
    this.rest();
  }

  /** Once the hand rests, what several seeds say. */
  rest() {
    this.#drop();
    this.resting = setTimeout(async () => {
      const flight = this.asking = new AbortController();
      try {
        const said = await this.source.spread(this.changed, flight.signal);
        if (said && !flight.signal.aborted) this.#tell(said);
      } catch { /* a move ended it, or it failed as the world itself did, which has been told */ }
    }, REST);
  }

  #drop() {
    clearTimeout(this.resting);
    this.asking?.abort();
  }

  /** Take the sliders to where the address says. */
  restore() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    this.go(this.about.sliders.map(({key, names, at, numbers}, number) => {
      const name = wanted.get(key);
      if (name === null) return at;
      if (!names.includes(name) && numbers && Number.isFinite(Number(name))) this.#add(number, name);
      const place = this.about.sliders[number].names.indexOf(name);
      return place < 0 ? at : place;
    }));
  }

  /** One more value of a slider, in its order. */
  #add(number, name) {
    const slider = this.about.sliders[number], first = slider.names[slider.at];
    slider.names = [...slider.names, name].sort((one, other) => one - other);
    slider.at = slider.names.indexOf(first);
    this.inputs[number].max = slider.names.length - 1;
  }

  async share() {
    try {
      await navigator.clipboard.writeText(location.href);
      write($("#done"), "The link is on the clipboard.");
    } catch {
      write($("#done"), "The address above is the link.");
    }
  }

  #show() {
    const {names, about: {sliders}} = this, query = new URLSearchParams(this.changed).toString();
    const moved = this.inputs.flatMap((input, at) => (
      names[at] === sliders[at].names[sliders[at].at] ? [] : [`${input.labels[0].textContent} ${names[at]}`]));
    write($("h1"), moved.length ? `${this.title} (here: ${moved.join(", ")})` : this.title);
    this.inputs.forEach((input, at) => {
      if (input.type !== "range") return;
      input.setAttribute("aria-valuetext", names[at]);
      write($(`#value-${at}`), names[at]);
    });
    this.links.forEach(([link, address]) => { link.href = query ? `${address}?${query}` : address; });
    write($("#done"), "");
  }

  #tell(sentences) { write($("#said"), sentences.join(" ")); }
}

if (page.explore) {
  const {address, kernel} = page.explore;
  const source = new (kernel ? Kernel : address ? Asked : Held)(page.explore);
  window.explorer = new Explorer(window.player, page.explore, source);
}
