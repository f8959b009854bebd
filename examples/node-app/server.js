// The server of the app. It answers /healthz for the container's health check
// and ends by itself at /crash, to be seen coming back.
//
// Try:  forever start examples/node-app
//       curl http://127.0.0.1:8080/crash
//       forever describe node-app
//
// or in a container: see compose.yaml.
'use strict';

const http = require('http');

const routes = {
  '/': (res) => res.end(`hello from ${process.pid}\n`),
  '/healthz': (res) => res.end('ok\n'),
  '/crash': (res) => res.end('good-bye\n', () => process.exit(1)),
};

const server = http.createServer((req, res) => {
  const { pathname } = new URL(req.url, 'http://localhost');
  const answer = routes[pathname];
  if (answer) return answer(res);
  res.statusCode = 404;
  return res.end('not found\n');
});

server.listen(Number(process.env.PORT || 8080), () => {
  console.log(`${process.pid} listens on port ${server.address().port}`);
});

process.on('SIGTERM', () => {
  console.log(`${process.pid} ends`);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
