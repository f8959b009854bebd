exports.apps = undefined;
