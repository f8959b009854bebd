package config

// ParseEnvFile lets tests read a file of variables without a file.
var ParseEnvFile = parseEnv
