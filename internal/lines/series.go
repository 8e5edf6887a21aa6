package lines

import (
	"math/bits"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// The hash of a series is that of a plain text with its labels in their order and
// without empty ones. Most texts are that already, so it is the hash by which the
// store finds them. le is hashed by itself: buckets share the hash of the rest.

// hashOf returns the hash of the series with these labels. The lock under which
// lines are added is held.
func (s *Store) hashOf(ls labels.Labels) uint64 {
	le := ""
	b := append(s.canonical[:0], ls.Get(model.MetricNameLabel)...)
	name := len(b)
	ls.Range(func(x labels.Label) {
		switch x.Name {
		case model.MetricNameLabel:
		case labels.BucketLabel:
			le = x.Value
		default:
			b = appendCanonical(b, name, x.Name, x.Value)
		}
	})
	s.canonical = endCanonical(b, name)
	hash := s.lines.hash(s.canonical)
	if le != "" {
		hash = withBucket(hash, s.lines.hash([]byte(le)))
	}
	return hash
}

// appendCanonical appends a label to a text that begins with a name of so many bytes.
func appendCanonical[T string | []byte](b []byte, name int, label, value T) []byte {
	if len(value) == 0 {
		return b
	}
	if len(b) == name {
		b = append(b, '{')
	} else {
		b = append(b, ',')
	}
	b = append(append(append(b, label...), `="`...), value...)
	return append(b, '"')
}

func endCanonical(b []byte, name int) []byte {
	if len(b) > name {
		b = append(b, '}')
	}
	return append(b, ' ')
}

// withBucket returns the hash of a series, given that of it without le, and of le.
func withBucket(hash, le uint64) uint64 { return hash ^ bits.RotateLeft64(le, 32) }

// series returns the hash of the series of the text that was read, whose own hash it
// is given.
func (p *plain) series(s *Store, own uint64, means uint32) uint64 {
	if p.le < 0 && p.sorted && !p.empty && means != meaningSummary {
		return own
	}
	if !p.hashed || p.hashedAs != means {
		p.hashed, p.hashedAs, p.hash = true, means, s.lines.hash(p.withoutBucket(means))
	}
	if p.le < 0 {
		return p.hash
	}
	l := p.labels[p.le]
	le := p.text[l.value:l.valueEnd]
	if means == meaningHistogram {
		le = []byte(p.float(view(le)).text)
	}
	return withBucket(p.hash, s.lines.hash(le))
}

// withoutBucket returns the canonical text of the series, without le.
func (p *plain) withoutBucket(means uint32) []byte {
	b := append(p.canonical[:0], p.text[:p.name]...)
	rewritten := p.rewritten(means)
	for i, l := range p.labels {
		switch value := p.text[l.value:l.valueEnd]; i {
		case p.le:
		case rewritten:
			b = appendCanonical(b, p.name, p.nameOf(l), []byte(p.float(view(value)).text))
		default:
			b = appendCanonical(b, p.name, p.nameOf(l), value)
		}
	}
	p.canonical = endCanonical(b, p.name)
	return p.canonical
}
