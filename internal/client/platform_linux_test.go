package client

const longRoots = true
