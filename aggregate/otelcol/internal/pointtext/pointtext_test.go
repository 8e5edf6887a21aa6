package pointtext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsReadIsWrittenAgain(t *testing.T) {
	text := `shop/a requests@web{code=200,method=GET,name="7",ok=true} sum 5..10 17
shop/a requests@web{code=500} sum 5..10 1.5
shop/a requests@web sum:delta 9..10 2.0
shop/a load@web gauge 10 -3
shop/b{zone=z1} open@web updown:none 10 stale
- h hist 5..10 n=3 sum=4.5 1:2 2:3
- h hist:delta 5..10 n=3
- e exp 5..10 n=9 sum=4.5 scale=1 zero=1 pos=-2:1,1 neg=0:6
- s{a=b} summary 5..10 n=3 sum=4.5 q0.5=1.0 q0.9=NaN
`
	md, err := Read("# a comment\n\n" + text)
	require.NoError(t, err)
	require.Equal(t, text, Write(md))
	for _, wrong := range []string{"a", "a b sum 1 x", "a b exp 1 u=3", "a b what 1 1", "a b hist 1 n=x", "a b hist 1 n=1 a:b", "a b summary 1 n=1 qx=1", "a b exp 1 n=1 pos=x:1"} {
		_, err := Read(wrong)
		require.ErrorContains(t, err, "line 1: ", wrong)
	}
}
