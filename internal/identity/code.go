package identity

import (
	"cmp"
	"slices"

	"github.com/promfold/promfold/internal/saved"
)

// Code writes a start down, or reads it back.
func (s *Start) Code(c *saved.Codec) {
	c.Int64(&s.At)
	saved.Small(c, &s.From, Given)
}

// Code writes spacings down, or reads them back.
func (s *Spacings) Code(c *saved.Codec) {
	saved.Small(c, &s.N, uint8(len(s.Ms)))
	for i := range s.N {
		c.Int64(&s.Ms[i])
	}
}

// Person is an instance that has kin and may be met behind a balancer.
type Person[T comparable] interface {
	Relative[T]
	Member() Member
}

// Crowd is a list of instances, in an order that is the same in every fleet. It
// writes relations down that refer to instances by their places in it.
type Crowd[T Person[T]] struct {
	c      *saved.Codec
	list   []T
	places map[T]int // plus 1
}

// NewCrowd returns a Crowd of instances that are not the zero T.
func NewCrowd[T Person[T]](c *saved.Codec, list []T) *Crowd[T] {
	p := &Crowd[T]{c, list, make(map[T]int, len(list))}
	for i, in := range list {
		p.places[in] = i + 1
	}
	return p
}

// code codes an instance; the zero T is none.
func (p *Crowd[T]) code(in *T) {
	n := p.places[*in]
	if p.c.Natural(&n); !p.c.Reading() {
		return
	}
	if p.c.Must(n <= len(p.list)); n > 0 && !p.c.Failed() {
		*in = p.list[n-1]
	}
}

// some codes one that is not none.
func (p *Crowd[T]) some(in *T) {
	p.code(in)
	var none T
	p.c.Must(*in != none)
}

// compare orders instances by place.
func (p *Crowd[T]) compare(a, b T) int { return cmp.Compare(p.places[a], p.places[b]) }

// ascend fails the reading unless a list is in order, each once.
func ascend[T any](c *saved.Codec, list []T, compare func(a, b T) int) {
	for i := 1; i < len(list) && !c.Failed(); i++ {
		c.Must(compare(list[i-1], list[i]) < 0)
	}
}

// Balancers codes what is known of the instances behind addresses, in the order
// of these. Members keep their order.
func (p *Crowd[T]) Balancers(list *[]*Balancer[T]) {
	saved.List(p.c, list, 11, func(b **Balancer[T]) {
		if p.c.Reading() {
			*b = &Balancer[T]{}
		}
		p.balancer(*b)
	})
	p.c.Ascending(len(*list), func(i int) string { return (*list)[i].Target })
}

func (p *Crowd[T]) balancer(b *Balancer[T]) {
	p.c.Text(&b.Target)
	for _, n := range []*int{&b.Expected, &b.Named, &b.Scrapes, &b.Quiet, &b.Unclear} {
		p.c.Natural(n)
	}
	p.c.Int64(&b.Last)
	b.Spacings.Code(p.c)
	p.c.Int64(&b.Left)
	saved.List(p.c, &b.Members, 1, p.some)
	p.code(&b.Latest)
	if p.c.Reading() {
		ascend(p.c, slices.SortedFunc(slices.Values(b.Members), p.compare), p.compare)
	}
}

// Behind codes which of the balancers each instance was met behind: nil is none.
func (p *Crowd[T]) Behind(list []*Balancer[T], of func(T) **Balancer[T]) {
	for _, in := range p.list {
		at := of(in)
		n := 1 + slices.Index(list, *at)
		if p.c.Natural(&n); p.c.Reading() && n > 0 {
			if p.c.Must(n <= len(list)); p.c.Failed() {
				return
			}
			*at = list[n-1]
		}
	}
}

// Relations codes who is one process with whom, and who may be.
func (p *Crowd[T]) Relations() {
	p.twins()
	p.suspicions()
}

func (p *Crowd[T]) twins() {
	var all [][]T
	for _, in := range p.list {
		t := in.Relations().Twins
		if t == nil {
			continue
		}
		members := slices.SortedFunc(slices.Values(t.Members), p.compare)
		if members[0] == in {
			all = append(all, members)
		}
	}
	saved.List(p.c, &all, 3, func(members *[]T) {
		saved.List(p.c, members, 1, p.some)
		p.c.Must(len(*members) > 1)
		ascend(p.c, *members, p.compare)
		for _, in := range *members {
			if !p.c.Reading() || p.c.Failed() {
				return
			}
			first := (*members)[0]
			if p.c.Must(in.Relations().Twins == nil); in != first {
				Unite(first, in)
			}
		}
	})
	ascend(p.c, all, func(a, b []T) int { return p.compare(a[0], b[0]) })
}

func (p *Crowd[T]) suspicions() {
	compare := func(x, y *Pair[T]) int { return cmp.Or(p.compare(x.A, y.A), p.compare(x.B, y.B)) }
	var all []*Pair[T]
	for _, in := range p.list {
		for _, x := range in.Relations().Suspicions {
			if x.A == in {
				all = append(all, x)
			}
		}
	}
	slices.SortFunc(all, compare)
	saved.List(p.c, &all, 6, func(s **Pair[T]) {
		if p.c.Reading() {
			*s = &Pair[T]{}
		}
		x := *s
		p.some(&x.A)
		p.some(&x.B)
		p.some(&x.Latest)
		p.c.Natural(&x.Alternations)
		p.c.Natural(&x.Moved)
		p.c.Natural(&x.Crossed)
		p.c.Must(p.compare(x.A, x.B) < 0 && (x.Latest == x.A || x.Latest == x.B))
		if p.c.Reading() && !p.c.Failed() {
			Watch(x)
		}
	})
	p.c.Must(slices.IsSortedFunc(all, compare))
}
