// The server of the sections cluster and reload.
//
//     node server.js FIFO PORT plain|EXPRESS drain|careless
//
// EXPRESS is the folder of the package. It says to the FIFO that it listens,
// with the time, as the programs in bench/prog do. One that drains does what a
// server has to do for clients that keep their connections: from the stop signal
// on it closes each connection with an answer, and those on which nothing comes
// only after a while. A careless one knows nothing of signals.
'use strict';
const fs = require('fs');
const http = require('http');
const net = require('net');

const [fifo, port, kind, manner] = process.argv.slice(2);
const graceMS = 500;
let draining = false;

function app() {
  if (kind === 'plain') return (req, res) => res.end('hello\n');
  const express = require(kind)();
  express.get('/', (req, res) => res.send('hello\n'));
  return express;
}

function report() {
  const fd = fs.openSync(fifo, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
  fs.writeSync(fd, `${process.pid} ${process.hrtime.bigint()} up\n`);
  fs.closeSync(fd);
}

const handler = app();
const server = http.createServer((req, res) => {
  if (draining) res.setHeader('Connection', 'close');
  handler(req, res);
});

function drain() {
  if (draining) return;
  draining = true;
  // http's own close would close idle connections at once, while a request may
  // be under way on one.
  net.Server.prototype.close.call(server, () => process.exit(0));
  setTimeout(() => {
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), graceMS).unref();
  }, graceMS);
}

if (manner === 'drain') {
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain); // PM2's stop signal
}
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', report);
