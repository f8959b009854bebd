// A server of Node's library that is not well after SIGUSR2, until the next one.
// Arguments: HOST PORT.
let well = true;
const server = require("http").createServer((req, res) => {
  res.statusCode = req.url === "/healthz" && !well ? 503 : 200;
  res.end(String(process.pid));
});
process.on("SIGUSR2", () => { well = !well; });
process.on("SIGTERM", () => server.close(() => process.exit(0)));
server.listen({ host: process.argv[2], port: Number(process.argv[3]) }, () => process.send("ready"));
