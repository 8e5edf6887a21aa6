package saved

import "github.com/prometheus/prometheus/model/labels"

// Labels appends a label set by name.
func Labels(b []byte, ls labels.Labels) []byte {
	ls = ordered(ls)
	b = Uint(b, ls.Len())
	ls.Range(func(l labels.Label) { b = Text(Text(b, l.Name), l.Value) })
	return b
}

// Labels reads a label set, whose names have to be in order.
func (r *Reader) Labels() labels.Labels {
	var b labels.ScratchBuilder
	before := ""
	for range r.Count(2) {
		name := r.Text()
		if name < before {
			r.Fail()
		}
		b.Add(name, r.Text())
		before = name
	}
	return b.Labels()
}

// ordered returns labels by name, as nearly all are: a caller may build others.
func ordered(ls labels.Labels) labels.Labels {
	before, ok := "", true
	ls.Range(func(l labels.Label) { ok, before = ok && before <= l.Name, l.Name })
	if ok {
		return ls
	}
	var list []labels.Label
	ls.Range(func(l labels.Label) { list = append(list, l) })
	return labels.New(list...)
}
