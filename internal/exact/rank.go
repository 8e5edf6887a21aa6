package exact

import (
	"math/big"
	"strconv"
)

// Rank returns the rank of a quantile among n values, from 1 to n; ok is false if
// there is none. As elsewhere, q is the shortest decimal that prints as it, and
// the product is exact: 0.07 of 100 is 7.
func Rank(q float64, n int) (rank int, ok bool) {
	if !(q >= 0 && q <= 1) || n == 0 {
		return 0, false
	}
	product, _ := new(big.Rat).SetString(strconv.FormatFloat(q, 'g', -1, 64))
	product.Mul(product, big.NewRat(int64(n), 1))
	whole, rest := new(big.Int).QuoRem(product.Num(), product.Denom(), new(big.Int))
	if rank = int(whole.Int64()); rest.Sign() > 0 {
		rank++
	}
	return max(1, rank), true
}
