module.exports = {
  apps: [{
    name: 'web',
    script: 'run.js',
    instances: 'few',
    "exec_mode": 'thread',
    env: { PORT: 80 },
    env_production: { PORT: [80, 443] },
  }],
};
