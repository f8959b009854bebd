// A program with a channel; its argument says which.
'use strict';

const net = require('net');

const roles = {
  // Ready, then an echo until it is asked to end.
  echo() {
    process.on('message', (m) => {
      if (m === 'shutdown') return process.disconnect();
      return process.send({ echo: m });
    });
    process.on('disconnect', () => console.log('disconnected'));
    process.send('ready');
  },
  // Nobody listens, so the channel does not keep it alive.
  deaf() {
    process.send('ready');
  },
  // Listens late: what came before is still delivered.
  late() {
    process.send('ready', () => setTimeout(() => {
      process.once('message', (m) => process.send({ late: m }, () => process.disconnect()));
    }, 20));
  },
  // Lives until its parent lets go of it.
  loyal() {
    process.on('disconnect', () => console.log(`connected: ${process.connected}`));
    process.send('ready');
  },
  // Sends a socket, which nobody takes, and goes on.
  giver() {
    process.on('warning', (w) => console.log(w.name));
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const client = net.connect(server.address().port, '127.0.0.1');
      server.once('connection', (socket) => {
        process.send('with a socket', socket);
        process.send('after it', () => process.exit());
      });
      client.on('error', () => {});
    });
  },
};

roles[process.argv[2]]();
