// The worker that runs Python: started, asked to run, stopped. Where the page is isolated
// (cross-origin isolation, two headers that a host may send), a run is interrupted and Python stays;
// everywhere else the worker is ended, and a new one starts.

const PATIENCE = 2000;    // ms that an interrupted run has before its worker is ended

export class Engine {
  constructor(told) {
    this.told = told;
    this.last = 0;
    this.start();
  }

  get isolated() { return globalThis.crossOriginIsolated === true; }

  start() {
    this.ready = false;
    this.running = null;
    const worker = this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => { if (worker === this.worker) this.hear(data); };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.worker) this.hear({ type: "lost", text: event.message || "the worker could not be loaded" });
    };
    this.interrupt = this.isolated ? new Uint8Array(new SharedArrayBuffer(1)) : null;
    worker.postMessage({ type: "start", interrupt: this.interrupt });
    this.told({ type: "starting" });
  }

  hear(message) {
    if (message.id !== undefined && message.id !== this.running) return;
    if (message.type === "ready") this.ready = true;
    if (message.type === "done" || message.type === "lost") {
      this.running = null;
      clearTimeout(this.timer);
    }
    if (message.type === "lost") {
      const again = this.ready;    // what was lost in a run is started anew; what never started is not
      this.end();
      this.told(message);
      if (again) this.start();
      return;
    }
    this.told(message);
  }

  run(source, knobs) {
    this.running = ++this.last;
    if (this.interrupt) this.interrupt[0] = 0;
    this.worker.postMessage({ type: "run", id: this.running, source, knobs });
  }

  stop() {
    if (this.running === null) return;
    if (this.interrupt) {
      this.interrupt[0] = 2;    // as Ctrl-C
      this.timer = setTimeout(() => this.restart(), PATIENCE);
    } else this.restart();
  }

  restart() {
    this.end();
    this.told({ type: "stopped" });
    this.start();
  }

  end() {
    clearTimeout(this.timer);
    this.worker.terminate();
    this.worker = null;
    this.ready = false;
    this.running = null;
  }
}
