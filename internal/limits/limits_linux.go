package limits

// resources is RLIM_NLIMITS of include/uapi/asm-generic/resource.h.
const resources = 16
