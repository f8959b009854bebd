// A server of Node's library. Arguments: HOST PORT; without a host it listens on
// everything.
const [host, port] = process.argv.slice(2);
const server = require("http").createServer((_, res) => res.end(String(process.pid)));
server.listen({ port: Number(port), host: host || undefined });
process.on("SIGTERM", () => server.close(() => process.exit(0)));
