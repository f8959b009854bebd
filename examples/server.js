// A web server that knows nothing of forever.
//
// Try:  forever start examples/server.js
//       curl http://127.0.0.1:8080/
//       forever list
//       forever stop server
//
// PORT chooses the port (8080); 0 takes a free one.
'use strict';

const http = require('http');

const server = http.createServer((req, res) => {
  res.setHeader('Content-Type', 'text/plain');
  res.end(`hello from ${process.pid}\n`);
});

server.listen(Number(process.env.PORT || 8080), () => {
  console.log(`${process.pid} listens on port ${server.address().port}`);
});

// The stop signal: take no new connection, finish those that are open, leave.
process.on('SIGTERM', () => {
  console.log(`${process.pid} ends`);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
