package layout

// JudgeNative compares two consecutive scrapes of one native histogram, p and then c, as [Judge] does for a classic
// one, and writes the increase to dst, in storage dst has: c−p if it Grew, c if it was Reset. It is Changed if the
// buckets of c are finer than those of p, or custom ones that differ. A client that reached its limit of buckets makes
// them coarser and goes on counting: then p is made as coarse, which loses nothing of the increase.
//
// Native histograms are exposed whole, so that none is Torn.
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
		restarted = outside < before // what is in no bucket never comes to be in one
	}
	if restarted || c.Count < p.Count {
		dst.become(c)
		return Reset
	}
	if (p.Custom == nil) != (c.Custom == nil) || p.Custom != nil && !p.Custom.Equal(c.Custom) {
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

// reduced is n in buckets as coarse as those of c; none if those are finer, or if zero would cut a populated bucket.
func (n *Native) reduced(c *Native) (*Native, bool) {
	if n.Custom != nil || n.Schema == c.Schema && n.ZeroThreshold == c.ZeroThreshold {
		return n, true
	}
	if n.Schema < c.Schema || n.ZeroThreshold > c.ZeroThreshold {
		return nil, false
	}
	class := nativeClass{schema: c.Schema, zeroThreshold: c.ZeroThreshold}
	class.zero.Add(n.ZeroCount)
	for _, side := range [...]struct {
		to   *sparse
		from []Bucket
	}{{&class.positive, n.Positive}, {&class.negative, n.Negative}} {
		for _, b := range side.from {
			if b.Count > 0 {
				at := side.to.at(coarser(b.Index, n.Schema-c.Schema), 0)
				side.to.counts[at].Add(b.Count)
			}
		}
	}
	class.widen()
	r := *n
	r.Schema, r.ZeroThreshold, r.ZeroCount = class.schema, class.zeroThreshold, class.zero.Float64()
	r.Positive, r.Negative = class.positive.buckets(), class.negative.buckets()
	return &r, r.ZeroThreshold == c.ZeroThreshold
}

// fell tells whether a bucket of p is less in c, or gone.
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
