#include "textflag.h"

// func getrlimit(resource uintptr, into *pair) (errno uintptr)
TEXT ·getrlimit(SB),NOSPLIT,$0-24
	MOVD $163, R8 // __NR_getrlimit
	MOVD resource+0(FP), R0
	MOVD into+8(FP), R1
	SVC
	MOVD R0, errno+16(FP)
	RET
