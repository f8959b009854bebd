// Adds up the numbers from 1 to n, in the slow way, for whoever sends n on the
// message channel: server.js, which forks this program for each long sum, or
// forever, which gives every Node program a channel.
//
// Try:  forever start examples/long-sum/sum.js
//       forever send sum 1000000000
'use strict';

// Within a step a double is exact; beyond it is left to a BigInt.
const STEP = 1e6;
const MAX = 1e9;

function sum(n) {
  let total = 0n;
  for (let from = 1; from <= n; from += STEP) {
    const to = Math.min(from + STEP - 1, n);
    let part = 0;
    for (let i = from; i <= to; i += 1) part += i;
    total += BigInt(part);
  }
  return total.toString(); // JSON has no number that is large enough
}

function answer(n) {
  if (!Number.isInteger(n) || n < 0 || n > MAX) {
    return { error: `wants a whole number from 0 to ${MAX}` };
  }
  const began = Date.now();
  return { n, sum: sum(n), ms: Date.now() - began, pid: process.pid };
}

if (!process.send) {
  console.error('sum.js is told what to do on a message channel: forever send sum 1000');
  process.exit(2);
}

process.on('message', (message) => {
  if (message === 'shutdown') return process.disconnect(); // nothing else keeps us alive
  return process.send(answer(message));
});

process.send('ready');
