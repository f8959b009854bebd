package client

// descriptors is the folder of our open descriptors: fd(4).
const descriptors = "/dev/fd"
