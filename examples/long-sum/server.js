// A web server that stays quick while it has a long sum to do: a child process
// does it, and they talk over Node's message channel. The server has a channel
// of its own when forever started it: it says when it is ready, answers what it
// is sent, and ends when it is told to.
//
// Try:  forever start --wait-ready --wait examples/long-sum
//       curl 'http://127.0.0.1:8080/sum?n=1000000000' &
//       curl http://127.0.0.1:8080/
//       forever send long-sum '"status"'
//
// PORT chooses the port (8080); 0 takes a free one. Without forever, or without
// a channel, it is an ordinary server: node examples/long-sum
'use strict';

const { fork } = require('child_process');
const http = require('http');
const path = require('path');

let sums = 0;

function json(res, status, body) {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(`${JSON.stringify(body)}\n`);
}

// One child for each sum: it may take as long as it likes, or fail.
function longSum(n, res) {
  const child = fork(path.join(__dirname, 'sum.js'));
  child.on('message', (message) => {
    if (message === 'ready') return child.send(n);
    sums += 1;
    json(res, message.error ? 400 : 200, message);
    return child.disconnect();
  });
  child.on('error', (err) => console.error(`sum.js: ${err.message}`));
  child.on('exit', (code, signal) => {
    if (!res.writableEnded) json(res, 500, { error: `sum.js ended with ${signal || code}` });
  });
  res.on('close', () => child.kill()); // nobody waits for it any more
}

const server = http.createServer((req, res) => {
  const url = new URL(req.url, 'http://localhost');
  switch (url.pathname) {
    case '/':
      return res.end(`hello from ${process.pid}\n`);
    case '/sum':
      return longSum(Number(url.searchParams.get('n') || 1e9), res);
    default:
      return json(res, 404, { error: 'not found' });
  }
});

function leave() {
  console.log(`${process.pid} ends`);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}

server.listen(Number(process.env.PORT || 8080), () => {
  console.log(`${process.pid} listens on port ${server.address().port}`);
  if (process.send) process.send('ready');
});

process.on('SIGTERM', leave);

if (process.send) {
  process.on('message', (message) => {
    if (message === 'shutdown') return leave();
    return process.send({ pid: process.pid, port: server.address().port, sums, asked: message });
  });
}
