// A server of Node's library that is not well after SIGUSR2, until the next one; from
// the start, if there is a file. It says when it is asked and not well.
// Arguments: HOST PORT [FILE].
let well = !require("fs").existsSync(process.argv[4] ?? "");
const server = require("http").createServer((req, res) => {
  res.statusCode = req.url === "/healthz" && !well ? 503 : 200;
  if (res.statusCode !== 200) console.log("sick " + process.pid);
  res.end(String(process.pid));
});
process.on("SIGUSR2", () => { well = !well; });
process.on("SIGTERM", () => server.close(() => process.exit(0)));
server.listen({ host: process.argv[2], port: Number(process.argv[3]), ipv6Only: process.argv[2] === "::" }, () => process.send("ready"));
