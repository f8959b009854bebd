// A server of Node's library. Argument: PATH.
const server = require("http").createServer((_, res) => res.end(String(process.pid)));
server.listen(process.argv[2]);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
