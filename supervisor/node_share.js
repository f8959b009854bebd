// Loaded into Node by forever where the ports of its servers cannot be shared from
// outside (docs/cluster.md). A server gets the socket that forever has opened for its
// port; without one it asks the kernel to share (SO_REUSEPORT, Node 22.12 and 23.1).
"use strict";
const net = require("net");
const cluster = require("cluster");

const lent = new Map(); // descriptors by port
if (process.env.LISTEN_PID === String(process.pid)) {
  (process.env.LISTEN_FDNAMES || "").split(":").forEach((port, i) => lent.set(Number(port), 3 + i));
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

function shared(args) {
  const options = optionsOf(args);
  if (!(Number(options.port) > 0)) return args;
  const rest = args.filter((a) => typeof a === "function");
  const fd = lent.get(Number(options.port));
  if (fd !== undefined) {
    const { port, host, path, ...others } = options;
    return [{ ...others, fd }, ...rest];
  }
  return canReuse ? [{ ...options, reusePort: true }, ...rest] : args;
}

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  // A worker of Node's cluster module asks its primary, which comes by here itself.
  return listen.apply(this, cluster.isPrimary ? shared(args) : args);
};
