// A server with workers of its own, by Node's cluster module. Arguments: HOST PORT.
const cluster = require("cluster");
if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
  process.on("SIGTERM", () => process.exit(0));
} else {
  require("./server.js");
}
