//go:build !purego

#include "textflag.h"

// portableIntegers says what this does, and a test that both do the same. Of a
// text it compares 32 bytes at a time and the last 32, whatever of these is
// compared twice: so a line takes half the instructions of what Go makes of it.
// SSE2 is part of every amd64.
//
// All loads of a text lie within its length n ≥ 8. The same loads of the body lie
// before the value, and the load of the value begins at last or before.

// SAME compares 16 bytes of text and body, and clears bits of X0 if they differ.
#define SAME(text, body) \
	MOVOU   text, X2; \
	MOVOU   body, X3; \
	PCMPEQB X3, X2; \
	PAND    X2, X0

// func integers(texts *string, n int, body *byte, at, last int, before, values *float64, changed *uint32, pos int) (end, read, value, count int)
TEXT ·integers(SB), NOSPLIT, $0-104
	MOVQ texts+0(FP), SI
	MOVQ n+8(FP), R10
	MOVQ body+16(FP), DI
	MOVQ at+24(FP), R8
	MOVQ last+32(FP), R9
	MOVQ before+40(FP), R11
	MOVQ values+48(FP), R12
	MOVQ changed+56(FP), R13
	MOVQ pos+64(FP), DX
	MOVQ $0, value+88(FP)
	ADDQ DI, R8             // the line
	ADDQ DI, R9

line:
	MOVQ 0(SI), AX          // its text
	MOVQ 8(SI), BX          // the text's length
	LEAQ (R8)(BX*1), R14    // the value
	PREFETCHT0 2048(R8)     // a body that is not in the cache is not waited for
	PREFETCHT0 2112(R8)
	CMPQ R14, R9
	JHI  end
	CMPQ BX, $32
	JLT  short
	MOVOU (AX), X0
	MOVOU (R8), X1
	PCMPEQB X1, X0
	SAME(16(AX), 16(R8))
	SAME(-32(AX)(BX*1), -32(R14))
	SAME(-16(AX)(BX*1), -16(R14))
	SUBQ $32, BX
	MOVL $32, CX
	CMPQ CX, BX
	JGE  compared

middle:
	SAME((AX)(CX*1), (R8)(CX*1))
	SAME(16(AX)(CX*1), 16(R8)(CX*1))
	ADDQ $32, CX
	CMPQ CX, BX
	JLT  middle

compared:
	PMOVMSKB X0, CX
	CMPL CX, $0xffff
	JNE  end

	// 8 × the number of digits, see countDigits
	MOVQ (R14), AX
	MOVQ AX, CX
	NOTQ CX
	MOVQ $0x1010101010101010, BX
	ANDQ BX, CX
	BTSQ $63, CX
	BSFQ CX, CX
	ANDL $0x38, CX
	MOVQ AX, BX
	SHRQ CX, BX
	CMPB BX, $10            // the line feed
	JNE  odd
	MOVL CX, R15

	// see alignDigits and areDigits
	MOVQ $0x3030303030303030, BX
	XORQ BX, AX
	NEGQ CX
	SHLQ CX, AX
	MOVQ $0x0606060606060606, BX
	ADDQ AX, BX
	ORQ  AX, BX
	MOVQ $0xf0f0f0f0f0f0f0f0, CX
	TESTQ CX, BX
	JNE  odd
	SHRL $3, R15
	LEAQ 1(R14)(R15*1), R8  // the next line

	// see sumDigits
	MOVQ AX, BX
	SHRQ $8, BX
	LEAQ (AX)(AX*4), AX
	LEAQ (BX)(AX*2), AX
	MOVQ $0x000000ff000000ff, CX
	MOVQ AX, BX
	SHRQ $16, BX
	ANDQ CX, AX
	ANDQ CX, BX
	MOVQ $0x000f424000000064, CX
	IMULQ CX, AX
	MOVQ $0x0000271000000001, CX
	IMULQ CX, BX
	ADDQ BX, AX
	SHRQ $32, AX
	XORPS X0, X0
	CVTSQ2SD AX, X0
	MOVSD X0, (R12)

	// No branch: it would be mispredicted, as values change at random.
	MOVL DX, (R13)
	MOVQ X0, AX
	XORL CX, CX
	CMPQ AX, (R11)
	SETNE CX
	LEAQ (R13)(CX*4), R13
	INCL DX
	ADDQ $8, R11
	ADDQ $8, R12
	ADDQ $16, SI
	DECQ R10
	JNZ  line

end:
	SUBQ DI, R8
	MOVQ R8, end+72(FP)
	MOVQ n+8(FP), AX
	SUBQ R10, AX
	MOVQ AX, read+80(FP)
	SUBQ changed+56(FP), R13
	SHRQ $2, R13
	MOVQ R13, count+96(FP)
	RET

short:
	CMPQ BX, $16
	JLT  shorter
	MOVOU (AX), X0
	MOVOU (R8), X1
	PCMPEQB X1, X0
	SAME(-16(AX)(BX*1), -16(R14))
	JMP  compared

shorter:
	CMPQ BX, $8
	JLT  end
	MOVQ (AX), X0
	MOVQ (R8), X1
	PCMPEQB X1, X0
	MOVQ -8(AX)(BX*1), X2
	MOVQ -8(R14), X3
	PCMPEQB X3, X2
	PAND X2, X0
	JMP  compared

odd:
	SUBQ DI, R14
	MOVQ R14, value+88(FP)
	JMP  end
