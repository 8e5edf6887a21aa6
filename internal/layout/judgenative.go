package layout

// JudgeNative compares two consecutive readings of one native histogram, p and then c, as [Judge] does for a classic
// one. It writes the increase to dst, in storage that dst has: c−p if the histogram grew, c if it was reset.
//
// The verdict is Changed if the buckets of c are finer than those of p, or are other custom ones: see [Alike]. A client
// that reached its limit of buckets makes them coarser and goes on counting. Then p is made as coarse, which loses
// nothing of the increase. No reading is torn: native histograms are exposed whole.
func JudgeNative(dst, p, c *Native, restarted bool) Verdict {
	outside, err := c.check()
	if err != nil {
		return Invalid
	}
	if !restarted {
		before, err := p.check()
		if err != nil {
			return Invalid
		}
		restarted = outside < before // an observation outside all buckets stays outside
	}
	if restarted || c.Count < p.Count {
		dst.become(c)
		return Reset
	}
	if (p.Custom == nil) != (c.Custom == nil) || p.Custom != nil && p.Custom.compare(c.Custom) != 0 {
		return Changed
	}
	was, ok := p.reduced(c)
	if !ok {
		return Changed
	}
	if c.ZeroCount < was.ZeroCount || fell(was.Positive, c.Positive) || fell(was.Negative, c.Negative) {
		dst.become(c)
		return Reset
	}
	positive, negative := dst.Positive[:0], dst.Negative[:0]
	*dst = Native{
		Schema: c.Schema, ZeroThreshold: c.ZeroThreshold, Custom: c.Custom,
		Count: c.Count - was.Count, ZeroCount: c.ZeroCount - was.ZeroCount, Sum: c.Sum - was.Sum,
		Positive: appendIncrease(positive, was.Positive, c.Positive),
		Negative: appendIncrease(negative, was.Negative, c.Negative),
	}
	return Grew
}

func (n *Native) become(o *Native) {
	positive, negative := append(n.Positive[:0], o.Positive...), append(n.Negative[:0], o.Negative...)
	*n = *o
	n.Positive, n.Negative = positive, negative
}

// reduced returns n in buckets as coarse as those of c; false if those are finer, or if the zero bucket of c cuts a
// populated one.
func (n *Native) reduced(c *Native) (*Native, bool) {
	if n.Custom != nil || n.Schema == c.Schema && n.ZeroThreshold == c.ZeroThreshold {
		return n, true
	}
	if n.Schema < c.Schema || n.ZeroThreshold > c.ZeroThreshold {
		return nil, false
	}
	r := n.coarse(c.Schema, c.ZeroThreshold).native(n)
	return r, r.ZeroThreshold == c.ZeroThreshold
}

// fell reports whether a bucket of p is less in c, or gone.
func fell(p, c []Bucket) bool {
	for _, b := range p {
		for len(c) > 0 && c[0].Index < b.Index {
			c = c[1:]
		}
		if b.Count > 0 && (len(c) == 0 || c[0].Index != b.Index || c[0].Count < b.Count) {
			return true
		}
	}
	return false
}

func appendIncrease(dst, p, c []Bucket) []Bucket {
	for _, b := range c {
		for len(p) > 0 && p[0].Index < b.Index {
			p = p[1:]
		}
		if len(p) > 0 && p[0].Index == b.Index {
			b.Count -= p[0].Count
		}
		dst = append(dst, b)
	}
	return dst
}
