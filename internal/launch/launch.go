// Package launch executes a program as its plan says: session, umask, limits,
// cgroup, descriptors. What a child can inherit or fork can set is done from
// here; what must be set by the process on itself is done by the exec step, a
// short life of this same binary between fork and the program.
package launch

// StepName is the first argument with which the binary is the exec step.
const StepName = "__exec"
