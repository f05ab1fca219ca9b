// The terminal of an agent's program: what it writes is shown, and what a manager types is sent to it.
//
// The program's questions to its terminal are answered where the program runs, by the one screen that is always there.
// So nothing is answered here, and mice are not reported: what goes to the server is keys that somebody pressed.

import { Terminal } from "./xterm/xterm.js";
import { FitAddon } from "./xterm/addon-fit.js";
import { Unicode11Addon } from "./xterm/addon-unicode11.js";

const host = document.getElementById("terminal");
const state = document.getElementById("terminal-state");
const keys = document.getElementById("terminal-keys");
const types = host.dataset.types === "yes";
const SIZE = { largest: 14, smallest: 6 };
const PAUSE = { first: 500, longest: 10_000 };
const MICE_AND_FOCUS = [9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016];
const PALETTES = {
  light: ["#3b3f3d", "#b0331f", "#256b34", "#82500a", "#155a9a", "#7d2a86", "#0b6b6b", "#7b7f7c",
    "#62655f", "#c8432c", "#2f8442", "#9a6412", "#1f6fb8", "#96379f", "#128080", "#1f211f"],
  dark: ["#3a403d", "#ff9a84", "#86d693", "#edbd6d", "#92c4f5", "#d8a7e6", "#7fdbd0", "#c3cdc9",
    "#7d8782", "#ffb3a2", "#a5e6b0", "#f5d08f", "#b3d7fa", "#e6c3f0", "#a3ebe2", "#ffffff"],
};
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

// -- how it looks -----------------------------------------------------------------------------------------------------

function theme() {
  const { backgroundColor, color } = getComputedStyle(host);
  const chosen = document.documentElement.dataset.scheme;
  const isDark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  const palette = PALETTES[isDark ? "dark" : "light"];
  const name = (index) => (index < 8 ? NAMES[index] : `bright${NAMES[index - 8][0].toUpperCase()}${NAMES[index - 8].slice(1)}`);
  return {
    background: backgroundColor,
    foreground: color,
    cursor: color,
    cursorAccent: backgroundColor,
    selectionBackground: isDark ? "#3f6b60" : "#bfe3d9",
    ...Object.fromEntries(palette.map((colour, index) => [name(index), colour])),
  };
}

const screen = document.createElement("div");
screen.className = "terminal-screen";
host.replaceChildren(screen);

const terminal = new Terminal({
  allowProposedApi: true,
  cols: 80,
  rows: 24,
  cursorBlink: false,
  disableStdin: !types,
  fontFamily: "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace",
  fontSize: SIZE.largest,
  minimumContrastRatio: 4.5,
  scrollback: 5000,
  theme: theme(),
  windowOptions: { setWinSizeChars: true }, // how the runner tells the size: see below
});
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.loadAddon(new Unicode11Addon());
terminal.unicode.activeVersion = "11";
terminal.open(screen);
terminal.textarea.setAttribute("aria-label", host.dataset.label);
if (types) terminal.focus();

/** Chooses the largest letters with which the whole width is seen. */
function fitWidth() {
  const cell = (size) => {
    terminal.options.fontSize = size;
    return terminal.element.querySelector(".xterm-screen").clientWidth;
  };
  const room = host.clientWidth - 24;
  const wide = cell(SIZE.largest);
  if (wide > room) cell(Math.max(SIZE.smallest, Math.floor((SIZE.largest * room * 10) / wide) / 10));
}

new ResizeObserver(fitWidth).observe(host);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { terminal.options.theme = theme(); });
// A browser scrolls a composing field into view, also where nothing is to be scrolled.
host.addEventListener("scroll", () => { host.scrollLeft = 0; host.scrollTop = 0; });

// -- what the program asks its terminal ---------------------------------------------------------------------------------

const { parser } = terminal;
const swallow = () => true;
for (const id of [
  { final: "c" }, { prefix: ">", final: "c" }, { prefix: "=", final: "c" },
  { final: "n" }, { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" }, { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" }, { prefix: "?", final: "u" },
]) parser.registerCsiHandler(id, swallow);
parser.registerDcsHandler({ intermediates: "$", final: "q" }, swallow);
for (const number of [4, 10, 11, 12, 52]) parser.registerOscHandler(number, (data) => number === 52 || data.includes("?"));
parser.registerCsiHandler({ prefix: "?", final: "h" }, (modes) => modes.every((mode) => MICE_AND_FOCUS.includes(mode)));
parser.registerCsiHandler({ final: "t" }, ([what, rows, columns]) => {
  if (what === 8 && rows >= 1 && rows <= 500 && columns >= 1 && columns <= 500) {
    terminal.resize(columns, rows);
    requestAnimationFrame(fitWidth);
  }
  return true;
});

// -- the connection -----------------------------------------------------------------------------------------------------

let socket = null;
let pause = PAUSE.first;

function tell(text, trouble = false) {
  state.textContent = text;
  state.toggleAttribute("data-trouble", trouble);
}

function connect() {
  const address = new URL(host.dataset.socket, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") {
      tell(JSON.parse(data).error, true);
      return;
    }
    if (pause !== 0) {
      pause = 0;
      tell(host.dataset.live);
      host.dataset.connected = "yes";
      if (keys) keys.hidden = false;
    }
    terminal.write(new Uint8Array(data));
  });
  socket.addEventListener("close", ({ reason }) => {
    delete host.dataset.connected;
    tell(reason || host.dataset.lost, true);
    pause = Math.min(Math.max(2 * pause, PAUSE.first), PAUSE.longest);
    setTimeout(comeBack, pause);
  });
}

/** Connects again once somebody sees the page. */
function comeBack() {
  if (document.hidden) document.addEventListener("visibilitychange", comeBack, { once: true });
  else connect();
}

function send(message) {
  if (types && socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

// -- typing -------------------------------------------------------------------------------------------------------------

terminal.onData((data) => send({ data }));
// Enter inside a composition ends the composition and sends nothing. Browsers that give it the code 229 are known to
// xterm.js; others give it its own, and say only that they compose.
terminal.attachCustomKeyEventHandler((event) => !(event.isComposing && event.keyCode !== 229));
// The wheel scrolls here. In a full-screen program xterm.js would press the arrow keys for it.
terminal.attachCustomWheelEventHandler(() => terminal.buffer.active.type === "normal");

for (const button of keys?.querySelectorAll("[data-key]") ?? []) {
  button.addEventListener("click", () => {
    send({ keys: [button.dataset.key] });
    terminal.focus();
  });
}
document.getElementById("terminal-fit")?.addEventListener("click", () => {
  terminal.options.fontSize = SIZE.largest;
  screen.style.height = `${Math.max(240, innerHeight - host.getBoundingClientRect().top - 90)}px`;
  const size = fit.proposeDimensions();
  screen.style.height = "";
  if (size) send({ size: [Math.min(size.cols, 300), Math.min(size.rows, 100)] });
  fitWidth();
});

connect();
