// Loads the script that is preloaded into Node, as a version of Node, and tells what
// listen gets from it, and whom a server serves that does not serve everybody.
// Arguments: SCRIPT VERSION LISTEN, and each CALL as JSON.
const [script, version, listen, ...calls] = process.argv.slice(2);
const net = require("net");
let got;
net.Server.prototype.listen = function (...args) { got = args; };
Object.defineProperty(process.versions, "node", { value: version });
process.env.LISTEN_PID = String(process.pid);
process.env.FOREVER_LISTEN = listen;
require(script);
for (const call of calls) {
  const server = new net.Server();
  server.listen(...JSON.parse(call), () => {});
  console.log(JSON.stringify(got.map((a) => (typeof a === "function" ? "callback" : a))));
  if (server.listenerCount("connection") === 0) continue;
  const served = ["127.0.0.1", "::ffff:127.0.0.1", "::1", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"].filter((localAddress) => {
    let destroyed = false;
    server.emit("connection", { localAddress, destroy: () => { destroyed = true; } });
    return !destroyed;
  });
  console.log("serves", ...served);
}
