package window

import (
	"math"
	"slices"
)

// paces are the fastest growths of a table's columns, by the scrape, per
// millisecond. They are kept for spans of time as long as the longest window: a
// window reaches into two of them at most, but for the one since the beginning. A
// pace that is remembered longer than the window asks for makes an upper bound
// wider, and never too low.
//
// Of a column that has no pace yet, what may have been counted before, such as all that a new process shows, makes one that
// is only claimed: below 0. It stands until a step is sure, and is then at most so many times as fast.
type paces struct {
	list    [][3]float32 // by column: of this span of time, of the one before, of all before these
	span    int64        // number of this one
	per     float64      // 1 / ms since the scrape before; 0: there is none
	steps   []float64    // by column: growth per ms in this scrape
	claimed []bool       // by column: some of it may have been before
	touched []int32      // columns that grew in it
}

// burst is by how much a column may have been faster than its first sure step.
const burst = 16

func (x *paces) fit(cols int) {
	if n := cols - len(x.list); n > 0 {
		x.list = append(x.list, make([][3]float32, n)...)
	}
}

func (x *paces) begin(at, last, window int64, cols int) {
	x.fit(cols)
	if n := cols - len(x.steps); n > 0 {
		x.steps = append(x.steps, make([]float64, n)...)
		x.claimed = append(x.claimed, make([]bool, n)...)
	}
	if x.per = 0; at > last {
		x.per = 1 / float64(at-last)
	}
	if span := at / max(1, window); span != x.span {
		for i := range x.list {
			p := &x.list[i]
			p[2] = wider(p[2], p[1])
			if p[1] = p[0]; span != x.span+1 {
				p[1], p[2] = 0, wider(p[2], p[0])
			}
			p[0] = 0
		}
		x.span = span
	}
}

func (x *paces) grew(col int32, by float64) {
	if x.steps[col] == 0 {
		x.touched = append(x.touched, col)
	}
	x.steps[col] += by * x.per
}

func (x *paces) grewIn(col int32, by float64, ms int64, sure bool) {
	if x.steps[col] == 0 {
		x.touched = append(x.touched, col)
	}
	x.steps[col] += by / float64(ms)
	x.claimed[col] = x.claimed[col] || !sure
}

func (x *paces) end() {
	for _, col := range x.touched {
		p, pace := &x.list[col], float32(x.steps[col])
		if pace > 0 {
			above := math.Nextafter32(pace, math.MaxFloat32) // not below it
			if x.claimed[col] && max(p[0], p[1], p[2]) <= 0 {
				p[0] = min(p[0], -above)
			} else {
				settle(p, above)
				p[0] = max(p[0], above)
			}
		}
		x.steps[col], x.claimed[col] = 0, false
	}
	x.touched = x.touched[:0]
}

// settle makes paces that were claimed such as can be believed, now that one is sure.
func settle(p *[3]float32, sure float32) {
	for i := range p {
		if p[i] < 0 {
			p[i] = min(-p[i], burst*sure)
		}
	}
}

// wider returns the faster one of two paces, claimed or not.
func wider(x, y float32) float32 {
	if x < 0 && y < 0 {
		return min(x, y)
	}
	return max(x, y, -x, -y)
}

// of returns the fastest growth of a column in the longest window, or ever.
func (x *paces) of(col int, ever bool) float64 {
	if col >= len(x.list) {
		return 0
	}
	p := &x.list[col]
	fastest := max(magnitude(p[0]), magnitude(p[1])) // claimed or not
	if ever {
		fastest = max(fastest, magnitude(p[2]))
	}
	return float64(math.Float32frombits(fastest))
}

// magnitude returns the bits of x without its sign, which are in the order of what they stand for.
func magnitude(x float32) uint32 { return math.Float32bits(x) &^ (1 << 31) }

func (x *paces) clone() paces { return paces{list: slices.Clone(x.list), span: x.span} }

// moved returns the paces of the columns that stay where they went.
func (x *paces) moved(to []int32, cols int) paces {
	y := paces{span: x.span}
	y.fit(cols)
	for from, col := range to {
		if col >= 0 && from < len(x.list) {
			y.list[col] = x.list[from]
		}
	}
	return y
}

// packed returns the paces of the columns in another order.
func (x *paces) packed(order []int) [][3]float64 {
	list := make([][3]float64, len(order))
	for to, from := range order {
		if from < len(x.list) {
			for i, pace := range x.list[from] {
				list[to][i] = float64(pace)
			}
		}
	}
	return list
}

func (x *paces) unpack(list [][3]float64, span int64) {
	x.span, x.list = span, make([][3]float32, len(list))
	for i := range list {
		for j, pace := range list[i] {
			x.list[i][j] = float32(pace)
		}
	}
}
