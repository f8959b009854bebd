package limits

// resources is RLIM_NLIMITS of sys/resource.h.
const resources = 9
