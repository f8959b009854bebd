#include "textflag.h"

// func getrlimit(resource uintptr, into *pair) (errno uintptr)
TEXT ·getrlimit(SB),NOSPLIT,$0-24
	MOVQ $97, AX // __NR_getrlimit
	MOVQ resource+0(FP), DI
	MOVQ into+8(FP), SI
	SYSCALL
	MOVQ AX, errno+16(FP)
	RET
