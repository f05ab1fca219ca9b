// Shows what the server pushes, and leads to the page that shows how it stands now. It keeps no page and no answer:
// what is looked at is always live.

const look = { icon: "/push/icon-192.png", badge: "/push/icon-192.png" };

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const notice = event.data?.json() ?? {};
  const { title = "TeamMCP", body = "", path = "/notifications", tag = "", language = "", approval = 0, buttons = {} } = notice;
  const actions = Object.entries(buttons).map(([action, word]) => ({ action, title: word }));
  const more = { tag, renotify: tag !== "", lang: language, actions, data: { path, approval } };
  event.waitUntil(self.registration.showNotification(title, { ...look, ...more, body }));
});

/** Brings the page at a path to the front: in a tab of this site that is open, or in a new one. */
async function open(path) {
  const address = new URL(path, self.location.origin).href;
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const tab = tabs.find((each) => each.url === address) ?? tabs[0];
  if (!tab) return self.clients.openWindow(address);
  const there = await tab.navigate(address).catch(() => null); // one that this worker does not control stays where it is
  return there ? there.focus() : self.clients.openWindow(address);
}

/** Decides an approval as whoever is logged in here; where that fails, its page is opened, which says why. */
async function decide(approval, decision, path) {
  const found = await fetch("/push/token", { redirect: "error" }).catch(() => null);
  if (!found?.ok) return open(path);
  const headers = { "X-CSRF-Token": (await found.text()).trim() };
  const body = new URLSearchParams({ decision });
  const answer = await fetch(`/push/approvals/${approval}`, { method: "POST", headers, body }).catch(() => null);
  if (!answer?.ok) return open(path);
}

self.addEventListener("notificationclick", (event) => {
  const { path = "/notifications", approval = 0 } = event.notification.data ?? {};
  event.notification.close();
  event.waitUntil(event.action && approval ? decide(approval, event.action, path) : open(path));
});
