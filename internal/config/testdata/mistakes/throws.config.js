const port = process.env.PORT || 8080;
module.exports = {
  apps: [{ script: 'run.js', args: ['--port', prot] }],
};
