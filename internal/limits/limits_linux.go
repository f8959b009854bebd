package limits

// From include/uapi/asm-generic/resource.h.
const (
	nofile    = 7  // RLIMIT_NOFILE
	resources = 16 // RLIM_NLIMITS
)
