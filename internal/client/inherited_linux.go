package client

// descriptors is the folder of our open descriptors: proc_pid_fd(5).
const descriptors = "/proc/self/fd"
