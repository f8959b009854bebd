package limits

// From sys/resource.h.
const (
	nofile    = 8 // RLIMIT_NOFILE
	resources = 9 // RLIM_NLIMITS
)
