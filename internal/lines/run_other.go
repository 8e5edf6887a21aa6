//go:build !amd64 || purego

package lines

func runIntegers(texts []string, body []byte, at int, before, values []float64, changed []uint32, pos int) (end, n, value int, _ []uint32) {
	return portableIntegers(texts, body, at, before, values, changed, pos)
}
