const list = document.getElementById("deploys");
const address = new URL("/hooks/deploys/live", location);
address.protocol = address.protocol.replace("http", "ws");

function connect() {
  const socket = new WebSocket(address);
  socket.addEventListener("message", ({ data }) => {
    const { name, status } = JSON.parse(data);
    const item = document.createElement("li");
    item.className = "card";
    item.textContent = `${name}: ${status}`;
    list.prepend(item);
  });
  // 1008: nobody is logged in any more.
  socket.addEventListener("close", ({ code }) => code !== 1008 && setTimeout(connect, 2000));
}

connect();
