package lines

import "math"

// Limits bound what a body may cost. A field that is 0 has its default.
type Limits struct {
	Body    int // bytes of a body, decompressed; default 64 MiB
	Lines   int // samples of a body; default 2,000,000
	Line    int // bytes of a sample's line, and of a HELP, TYPE or UNIT comment; default 16 KiB, at most 8 MiB
	Labels  int // labels of a sample, its name included; default 64
	Buckets int // buckets of a native histogram, and its spans; default 100,000

	// Exemplars bounds the bytes of a body's exemplars that its columns keep, as
	// they are written; what is beyond them is left out. 0 keeps none.
	Exemplars int

	// Fallback is the content type of a body that comes without one, or with one
	// that is not read, as Prometheus' fallback_scrape_protocol. Empty: a body
	// without one is text, and one of another type is refused.
	Fallback string

	// OpenMetrics2 reads OpenMetrics 2.0, which is experimental. A Prometheus
	// server must be told to read it, too.
	OpenMetrics2 bool

	// RequireWhole refuses a body in the text format that textparse would read
	// in part without an error: one whose last line is not ended, so it was cut,
	// and one with a NUL at the start of a line, where textparse stops.
	RequireWhole bool
}

func (l Limits) withDefaults() Limits {
	def := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	def(&l.Body, 64<<20)
	def(&l.Lines, 2_000_000)
	def(&l.Line, 16<<10)
	def(&l.Labels, 64)
	def(&l.Buckets, 100_000)
	l.Line = min(l.Line, mostLine)
	return l
}

// mostLine is what a label and a saved state can hold, with room to spare.
const mostLine = 8 << 20

// heading bounds the bytes of the comments between two lines.
func (l *Limits) heading() int { return max(1<<20, l.Line) }

// meant bounds the bytes of the labels of new lines that a body of so many bytes
// may mean. In protobuf a name is written once for all metrics of a family, so a
// short body could mean a text of any length.
func (l *Limits) meant(body int) int {
	return max(16<<20, min(64*min(body, math.MaxInt/64), 2*min(l.Body, math.MaxInt/2)))
}

// nameRoom is how much longer labels may be than the line that means them: the
// name of their name's label, and suffixes.
const nameRoom = 1 << 10
