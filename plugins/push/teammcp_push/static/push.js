// Allows notifications for this browser, and shows whether it has them.

const card = document.getElementById("push-device");
const words = JSON.parse(card.dataset.words);
const button = document.getElementById("push-allow");
const form = document.getElementById("push-form");
const said = document.getElementById("push-said");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

function say(word) {
  said.textContent = words[word];
}

/** What this browser is, for the list of devices. */
function device() {
  const agent = navigator.userAgent;
  const browser = ["Edg", "Firefox", "Chrome", "Safari"].find((name) => agent.includes(name)) ?? "";
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((name) => agent.includes(name)) ?? "";
  return [browser.replace("Edg", "Edge"), system].filter(Boolean).join(", ");
}

async function allow() {
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") return say("denied");
    const worker = await navigator.serviceWorker.register("/push/worker.js", { scope: "/" });
    await navigator.serviceWorker.ready;
    const old = await worker.pushManager.getSubscription();
    await old?.unsubscribe(); // it may be for another team's key
    const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(card.dataset.key) });
    form.elements.address.value = JSON.stringify(found);
    form.elements.label.value = device();
    form.submit();
  } catch {
    say("failed");
  } finally {
    button.disabled = false;
  }
}

const isThere = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const isPhone = /iPhone|iPad/.test(navigator.userAgent) && !matchMedia("(display-mode: standalone)").matches;
if (!window.isSecureContext) say("insecure");
else if (!isThere) say(isPhone ? "install" : "missing");
else if (Notification.permission === "denied") say("denied");
else {
  button.hidden = false;
  button.addEventListener("click", allow);
}
