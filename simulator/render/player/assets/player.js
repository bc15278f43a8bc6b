// The player: one clock for all runs of a scene, and what people do to it.

const CLOCK = 1_000_000; // the length of every scene's clock
const SECONDS = 15; // to play it at normal speed
const LISTED = 500, PRINTED = 60; // decisions that are listed at most, and printed unless the list was open

const began = performance.now();
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const $ = selector => document.querySelector(selector);
const nothing = () => ({run: null, row: -1, rung: null});

class Scene {
  constructor(data, element) {
    Object.assign(this, data);
    this.element = element;
    this.runs = data.runs.map(run => new Run(run, this));
    this.views = [];
    element.querySelectorAll(".run").forEach((place, number) => {
      const run = this.runs[number], canvas = name => place.querySelector(`.${name} canvas`);
      run.numbers = place.querySelectorAll("dd");
      run.state = place.querySelector(".state");
      this.views.push(
        new LanesView(canvas("lanes"), run), new LadderView(canvas("ladder"), run), new LossView(canvas("loss"), run));
    });
  }

  /** One result after the other, also those of one moment: by run, in the order in which they were reported. */
  get steps() {
    return this.ordered ??= this.runs.flatMap(run => run.steps).sort((one, other) => one.run.ends[one.row] - other.run.ends[other.row]);
  }

  get ends() { return this.times ??= Float64Array.from(this.steps, ({run, row}) => run.ends[row]); }
  get told() { return this.runs.length > 0 && this.runs.every(run => run.data.decisions); }
  viewsOf(run) { return this.views.filter(view => view.run === run); }
}

class Player {
  constructor() {
    this.scenes = page.scenes.map(() => null);
    this.t = 0;
    this.T = CLOCK;
    this.speed = 1;
    this.playing = false;
    this.focus = nothing();
    this.pinned = false;
    this.at = null; // number of the result that is told
    this.#listen();
    readColours();
    this.choose(0);
    this.seek(reduced.matches || window !== window.top ? CLOCK : 0);
    this.ready = true;
    if (!reduced.matches && window === window.top) this.play();
  }

  /** Show a scene; it is made when it is first asked for. */
  choose(number) {
    const elements = document.querySelectorAll(".scene");
    elements.forEach((element, at) => { element.hidden = at !== number; });
    this.scene = this.scenes[number] ??= new Scene(page.scenes[number], elements[number]);
    const names = Array.from(document.querySelectorAll("#scene option"), option => option.textContent);
    if (names.includes(document.title)) write($("h1"), names[number]);
    this.let();
    this.rebuild();
  }

  /** Show another world in place of the scene; the clock stays where it is, and goes on if it went. */
  replace({scene, html, key, colours}) {
    const made = document.createElement("template");
    made.innerHTML = html;
    const element = made.content.firstElementChild;
    this.scene.element.replaceWith(element);
    $(".key").innerHTML = key;
    $("#colours").textContent = colours;
    readColours();
    this.scenes = [this.scene = new Scene(scene, element)];
    this.let();
    this.rebuild();
  }

  /** Write the list of all decisions, if somebody wants to see it. */
  list() {
    const place = $("#decisions");
    place.hidden = !this.scene.told;
    if (!this.scene.told || !place.open || place.of === this.scene) return;
    place.of = this.scene;
    const told = this.scene.steps;
    const item = step => Object.assign(document.createElement("li"), {textContent: lineOf(step)});
    place.querySelector("ol").replaceChildren(...told.slice(0, LISTED).map(item));
    write(place.querySelector("p"), told.length > LISTED ? say("the first decisions", {n: LISTED, count: count(told.length)}) : "");
  }

  rebuild() {
    this.list();
    this.scene.views.forEach(view => view.build());
    this.draw();
  }

  play() {
    if (this.t >= CLOCK) this.t = 0;
    this.playing = true;
    this.#button();
    let before = performance.now();
    const step = now => {
      if (!this.playing) return;
      this.t = Math.min(CLOCK, this.t + Math.max(0, now - before) / 1000 / SECONDS * this.speed * CLOCK);
      before = now;
      if (this.t >= CLOCK) this.pause();
      this.draw();
      if (this.playing) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  pause() {
    this.playing = false;
    this.#button();
  }

  seek(t) {
    this.t = Math.min(CLOCK, Math.max(0, t));
    this.draw();
  }

  /** Go to the next result (or with -1 the last one before), and tell it. */
  step(direction) {
    this.pause();
    const {steps, ends} = this.scene;
    let at = direction > 0 ? below(ends, this.t, true) : below(ends, this.t) - 1;
    if (this.at !== null && ends[this.at] === this.t) at = this.at + direction;
    if (at < 0 || at >= steps.length) {
      this.let();
      return this.seek(direction > 0 ? CLOCK : 0);
    }
    this.go(at);
  }

  /** Go to a result by its number, and tell it. */
  go(at) {
    const {run, row} = this.scene.steps[at];
    this.pause();
    this.seek(this.scene.ends[at]);
    this.pin({run, row, rung: null}, at);
  }

  /** Turn to a job or a rung for as long as the pointer is there. */
  look(focus, point) {
    if (this.pinned) return;
    this.focus = focus;
    this.draw();
    if (focus.run) this.#tell(point); else $("#story").hidden = true;
  }

  /** Stay with a job until another is chosen; `at` is the number of the result that is told. */
  pin(focus, at = null) {
    this.focus = focus;
    this.pinned = true;
    this.at = at;
    this.draw();
    this.#tell(null);
  }

  /** Let go of what was chosen. */
  let() {
    this.focus = nothing();
    this.pinned = false;
    this.at = null;
    $("#story").hidden = true;
  }

  /** Where a job is on the screen, in one of the views of its run. */
  place(run, row, view = LanesView) {
    const found = this.scene.viewsOf(run).find(one => one instanceof view), box = found.canvas.getBoundingClientRect();
    const {x, y} = found.place(row, this.t);
    return {x: box.x + x, y: box.y + y};
  }

  draw() {
    const {scene, t} = this;
    for (const view of scene.views) view.draw(t, this.focus);
    const clock = showTime(scene, t), said = [clock];
    for (const run of scene.runs) {
      const best = run.best(t), busy = run.busy(t);
      const values = [
        busy, showWorkerTime(scene, run.idle(t)), count(run.started(t)),
        best < 0 ? "–" : showLoss(run.loss[best]),
      ];
      run.numbers.forEach((cell, at) => write(cell, values[at]));
      write(run.state, t >= run.end ? run.data.ending : say("running"));
      said.push(say("share busy", {label: run.label, share: busy}));
    }
    const slider = $("#clock");
    slider.value = t;
    slider.setAttribute("aria-valuetext", said.join(", "));
    write($("#now"), clock);
  }

  /** Write the story of the chosen job beside the pointer or, without one, beside its bar. */
  #tell(point) {
    const {run, row} = this.focus, box = $("#story"), {steps} = this.scene;
    const {heading, lines} = storyOf(run, row, this.t, this.at === null ? null : steps[this.at]);
    if (this.at !== null) lines.push(say("result of all", {n: count(this.at + 1), count: count(steps.length)}));
    const line = text => Object.assign(document.createElement("p"), {textContent: text});
    const title = document.createElement("strong");
    title.textContent = heading;
    box.replaceChildren(title, ...lines.map(line));
    box.hidden = false;
    const {x, y} = point ?? this.place(run, row);
    const right = x + 16 + box.offsetWidth > innerWidth ? x - 16 - box.offsetWidth : x + 16;
    const low = y + 16 + box.offsetHeight > innerHeight ? y - 16 - box.offsetHeight : y + 16;
    box.style.left = `${Math.max(8, Math.min(right, innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, low)}px`;
  }

  #button() {
    write($("#play"), say(this.playing ? "Pause" : "Play"));
  }

  #listen() {
    $("#play").onclick = () => this.playing ? this.pause() : this.play();
    $("#back").onclick = () => this.step(-1);
    $("#next").onclick = () => this.step(1);
    $("#clock").oninput = event => { this.pause(); this.let(); this.seek(Number(event.target.value)); };
    $("#speed").onchange = event => { this.speed = Number(event.target.value); };
    $("#decisions").ontoggle = () => this.list();
    addEventListener("beforeprint", () => {
      if (this.scene.told && this.scene.steps.length <= PRINTED) $("#decisions").open = true;
      this.list();
    });
    const choice = $("#scene");
    if (choice) choice.onchange = () => this.choose(choice.selectedIndex);
    document.addEventListener("keydown", event => this.#key(event));
    document.addEventListener("pointermove", event => this.#point(event));
    document.addEventListener("click", event => this.#click(event));
    addEventListener("scroll", () => { if (!this.pinned) this.look(nothing()); }, {passive: true});
    let waiting = 0;
    addEventListener("resize", () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => this.rebuild());
    });
    const dress = () => { readColours(); this.rebuild(); };
    for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", dress);
    new MutationObserver(dress).observe(document.documentElement, {attributeFilter: ["data-theme"]});
  }

  /** What the pointer is on: a job, a rung, or nothing. */
  #under(event) {
    const view = this.scene.views.find(one => one.canvas === event.target);
    if (!view) return nothing();
    const found = view.find(event.offsetX, event.offsetY, this.t);
    if (view instanceof LadderView) return {...nothing(), rung: found};
    return found < 0 ? nothing() : {run: view.run, row: found, rung: null};
  }

  #point(event) {
    const focus = this.#under(event), now = this.focus;
    if (focus.run || focus.rung !== null || now.run || now.rung !== null) this.look(focus, {x: event.clientX, y: event.clientY});
  }

  #click(event) {
    if (event.target.closest(".controls")) return;
    const focus = this.#under(event);
    this.let();
    if (focus.run) { this.pause(); this.pin(focus); } else this.draw();
  }

  #key(event) {
    const {target, key} = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("select, .panel")) return;
    const lanes = this.scene.views.find(view => view.canvas === target && view instanceof LanesView);
    const big = event.shiftKey ? 10 : 1;
    const keys = {
      ".": () => this.step(1),
      ",": () => this.step(-1),
      Home: () => this.#scrub(-CLOCK),
      End: () => this.#scrub(CLOCK),
      ArrowLeft: () => lanes ? this.#walk(lanes, -1, 0) : this.#scrub(-CLOCK / 200 * big),
      ArrowRight: () => lanes ? this.#walk(lanes, 1, 0) : this.#scrub(CLOCK / 200 * big),
      Escape: () => { this.let(); this.draw(); },
    };
    if (lanes) Object.assign(keys, {ArrowUp: () => this.#walk(lanes, 0, -1), ArrowDown: () => this.#walk(lanes, 0, 1)});
    if (!target.closest("button")) keys[" "] = () => this.playing ? this.pause() : this.play();
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  }

  #scrub(by) {
    this.pause();
    this.let();
    this.seek(this.t + by);
  }

  /** From the chosen job to the next one of its worker, or to the one beside it on another worker. */
  #walk(view, along, across) {
    const {run} = view;
    this.pause();
    const shown = run.lanes.map(rows => rows.filter(row => run.starts[row] < this.t));
    if (this.focus.run !== run) {
      const first = shown.find(rows => rows.length);
      if (first) this.pin({run, row: first[0], rung: null});
      return;
    }
    const {row} = this.focus, lane = shown[run.worker[row]];
    let next = lane[lane.indexOf(row) + along] ?? row;
    if (across) {
      const middle = (run.starts[row] + Math.min(run.ends[row], this.t)) / 2, far = other => Math.abs(run.starts[other] + run.ends[other] - 2 * middle);
      for (let worker = run.worker[row] + across; shown[worker]; worker += across) {
        if (!shown[worker].length) continue;
        next = shown[worker].reduce((one, other) => far(other) < far(one) ? other : one);
        break;
      }
    }
    this.pin({run, row: next, rung: null});
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

window.player = new Player();
window.player.loadMs = performance.now() - began;
