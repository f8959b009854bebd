// Node's own cluster module around another script, two workers:
//
//     node cluster.js rr|none SCRIPT [ARGUMENTS]
'use strict';
const cluster = require('cluster');

const [policy, exec, ...args] = process.argv.slice(2);
cluster.schedulingPolicy = policy === 'rr' ? cluster.SCHED_RR : cluster.SCHED_NONE;
cluster.setupPrimary({ exec, args });
for (let i = 0; i < 2; i++) cluster.fork();
