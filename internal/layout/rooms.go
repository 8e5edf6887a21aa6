package layout

// Rooms gives empty distributions room for the counts of one layout each, of so many buckets, and for bounds of them: in
// one piece, which is cheaper than many small ones and lies together.
func Rooms(buckets []int, of func(i int) *Distribution) {
	sum := 0
	for _, n := range buckets {
		sum += 2*n + 1
	}
	classes, counts := make([]class, 3*len(buckets)), make([]int64, sum)
	for i, n := range buckets {
		d := of(i)
		for j, n := range [...]int{n, n, 1} { // the last is for what may be anywhere
			classes[j].counts.Room(counts[:0:n])
			counts = counts[n:]
		}
		d.value.classic, d.hi.classic = classes[:0:1], classes[1:1:3]
		classes = classes[3:]
	}
}
