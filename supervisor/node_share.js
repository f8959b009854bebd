// Loaded into Node by forever where the ports of its servers cannot be shared from
// outside (docs/cluster.md). A server gets the socket that forever has opened for its
// address; without one it asks the kernel to share (SO_REUSEPORT, Node 22.12 and 23.1).
"use strict";
const net = require("net");
const cluster = require("cluster");

// What forever has opened and no server has got yet: {fd, host, port}.
let lent = [];
if (process.env.LISTEN_PID === String(process.pid)) {
  lent = (process.env.FOREVER_LISTEN || "").split(",").map((address, i) => {
    const colon = address.lastIndexOf(":");
    return { fd: 3 + i, host: address.slice(0, colon).replace(/[[\]]/g, ""), port: Number(address.slice(colon + 1)) };
  });
}
const [major, minor] = process.versions.node.split(".").map(Number);
const canReuse = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);

// options of listen(port, host, backlog, callback) and of listen(options, callback).
function optionsOf(args) {
  if (args[0] !== null && typeof args[0] === "object") return { ...args[0] };
  if (typeof args[0] !== "number" && !/^\d+$/.test(args[0])) return {};
  return {
    port: args[0],
    host: args.slice(1).find((a) => typeof a === "string"),
    backlog: args.slice(1).find((a) => typeof a === "number"),
  };
}

const everywhere = ["", "::", "0.0.0.0"];
const loopback = ["127.0.0.1", "::1"];

// wanted are the addresses that a host means; undefined: all; null: only a resolver knows.
function wanted(host) {
  if (everywhere.includes(host ?? "")) return undefined;
  if (host === "localhost") return loopback;
  return net.isIP(host) ? [host] : null;
}

// choose takes the socket for a server out of those lent: one of the very address, or
// one of all addresses that is to be narrowed.
function choose({ port, host, ipv6Only }) {
  const to = wanted(host);
  const mine = lent.filter((s) => s.port === Number(port));
  const exact = mine.find((s) => to?.includes(s.host));
  const socket = exact ?? (to === null ? undefined : mine.find((s) => everywhere.includes(s.host)));
  lent = lent.filter((s) => s !== socket); // its number may be another file's when the server is closed
  return { socket, narrow: !exact && (to || ipv6Only) ? { to, ipv6Only } : null };
}

// narrow has a server that wants less than all addresses serve nobody at the others.
function narrow(server, { to, ipv6Only }) {
  server.prependListener("connection", (socket) => {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(socket.localAddress);
    const at = mapped ? mapped[1] : socket.localAddress;
    if ((to && !to.includes(at)) || (ipv6Only && mapped)) socket.destroy();
  });
}

function shared(server, args) {
  const options = optionsOf(args);
  if (!(Number(options.port) > 0)) return args;
  const rest = args.filter((a) => typeof a === "function");
  const chosen = choose(options);
  if (chosen.socket) {
    if (chosen.narrow) narrow(server, chosen.narrow);
    const { port, host, path, backlog, ipv6Only, ...others } = options;
    return [{ ...others, fd: chosen.socket.fd }, ...(backlog ? [backlog] : []), ...rest];
  }
  return canReuse ? [{ ...options, reusePort: true }, ...rest] : args;
}

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  // A worker of Node's cluster module asks its primary, which comes by here itself.
  return listen.apply(this, cluster.isPrimary ? shared(this, args) : args);
};
