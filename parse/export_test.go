package parse

// Held is how much a reader remembers, in lines and histograms.
func Held(r *Reader) uint64 {
	n := r.store.Cap() + len(r.latest.lines.known) + len(r.latest.lines.families)
	for _, list := range r.latest.lines.joins {
		n += len(list)
	}
	return uint64(n)
}
