package lines

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkNumber holds number against strconv, in a body that ends behind the
// token and in one that goes on.
func checkNumber(t testing.TB, token string) {
	t.Helper()
	want, err := strconv.ParseFloat(token, 64)
	for _, rest := range []string{"", "\n", " 12345678\n", "\nnext_metric 12345678901234567890\n"} {
		v, next, ok := number([]byte(token+rest), 0)
		if !ok {
			continue // it is textparse's turn
		}
		require.NoError(t, err, "%q is a number to us alone", token)
		require.Equal(t, len(token), next, token)
		if math.IsNaN(want) {
			require.True(t, math.IsNaN(v), token)
			continue
		}
		require.Equal(t, math.Float64bits(want), math.Float64bits(v), "%q: got %v, want %v", token, v, want)
	}
}

func TestNumberReadsWhatClientsWrite(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		v := math.Float64frombits(rng.Uint64())
		switch rng.IntN(4) {
		case 0:
			v = float64(rng.Uint64() >> rng.IntN(64))
		case 1:
			v = rng.ExpFloat64() * math.Pow(10, float64(rng.IntN(20)-14))
		case 2:
			v = float64(rng.IntN(1e9)) / math.Pow(10, float64(rng.IntN(12)))
		}
		for _, format := range "gef" {
			token := strconv.FormatFloat(v, byte(format), -1, 64)
			checkNumber(t, token)
			if format == 'g' && v > 1e-9 && v < 1e19 {
				var w window
				copy(w[:], token)
				_, n := decimal(&w)
				require.Equal(t, len(token), n, "%q should not need strconv", token)
			}
		}
		checkNumber(t, fmt.Sprintf("%.*e", rng.IntN(20), v))
	}
}

func TestNumberAtTheEdges(t *testing.T) {
	tokens := strings.Fields(`0 -0 +0 00 007 1 -1 +1 9007199254740991 9007199254740992 9007199254740993
		9007199254740993e1 90071992547409930e-1 18446744073709551615 18446744073709551616 9999999999999999999
		10000000000000000000 0.1 .1 1. . - + -. e1 1e 1e+ 1e+1 1e1 1E+1 1e+22 1e+23 1e-22 1e-23 1e+308 1e+309
		1e-324 5e-324 2.2250738585072011e-308 1.7976931348623157e+308 1.7976931348623159e+308 1e+9999 1e-9999
		0e+9999 0.000000000000000000000000000000 0.00012345678901234567 0.000000123456789012345678 NaN nan Inf
		+Inf -Inf inf infinity 0x1p2 0x1 1_000 1e+1_0 12: 1;2 1e+0000001 123456789012345678901234567890 1,5 ½
		8388608.5 4503599627370496.5 4503599627370497.5 9007199254740992.5 1.00000000000000011102230246251565404`)
	for _, token := range tokens {
		checkNumber(t, token)
	}
}

func TestDecimalRoundsHalvesToEven(t *testing.T) {
	// Integers above 2^53 that lie between two floats, with the point moved.
	for _, n := range []uint64{1<<53 + 1, 1<<53 + 3, 1<<54 + 2, 1<<54 + 6, 1<<60 + 1<<7, 1<<60 + 3<<7, 1<<63 + 1<<10} {
		for _, d := range []int64{-1, 0, 1} {
			s := strconv.FormatUint(n+uint64(d), 10)
			checkNumber(t, s)
			for i := 1; i < len(s); i++ {
				checkNumber(t, s[:i]+"."+s[i:])
				checkNumber(t, s[:i]+"."+s[i:]+"e-05")
				checkNumber(t, s[:i]+"."+s[i:]+"e+05")
			}
			if len(s) < 19 {
				checkNumber(t, s+".0")
			}
		}
	}
}

func FuzzNumber(f *testing.F) {
	seeds := []string{"0", "12.5", "1e-05", "1.083857e+06", "NaN", "-Inf", "0.00012345678901234567", "123456789012345678"}
	require.NotEmpty(f, seeds)
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if !strings.ContainsAny(token, " \t\n{") {
			checkNumber(t, token)
		}
	})
}
