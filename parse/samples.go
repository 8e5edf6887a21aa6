package parse

// Sample is one sample of a body.
type Sample struct {
	*Line
	Value float64
	Time  int64 // its own timestamp in Unix milliseconds, or [NoTime]
}

// Samples reads one body, in its order. The samples own what they hold: the body
// may be reused. An empty content type is text. Errors are those of
// [Reader.Read], with the default limits.
func Samples(body []byte, contentType string) ([]Sample, error) {
	var (
		c Columns
		s = NewStore()
		r = NewReader(s, Limits{})
	)
	if err := r.Read(&c, body, contentType); err != nil {
		return nil, err
	}
	samples := make([]Sample, r.Len())
	for i := range samples {
		id, _, v, t := r.At(i)
		samples[i] = Sample{Line: s.Line(id), Value: v, Time: t}
	}
	return samples, nil
}
