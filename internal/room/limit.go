package room

// Limit is how many bytes may be held.
type Limit int64

// reserve is the part of a limit, one in so many, that is left to those who hold
// little, and each of them gets at most one in slice of what is free of it. So who
// floods a fleet never takes what the others need to go on, and the limit holds
// however many come.
const (
	reserve = 8
	slice   = 16
)

// Fits reports whether an instance may have more of the bytes held. own returns how
// many it has, and whether it [Weight.Crept]. One that needs no more may go on,
// unless that is so or it is much of what is too much: what is held grows a little
// with scrapes that add no line.
func (l Limit) Fits(held, more int64, own func() (has int64, crept bool)) bool {
	limit := int64(l)
	switch {
	case more <= 0 && held <= limit, more > 0 && l.Over(held, more) <= 0:
		return true
	case more <= 0:
		has, crept := own()
		return has <= limit/slice && !crept
	}
	has, _ := own()
	return has+more <= (limit-held)/slice
}

// Open is what is free for all.
func (l Limit) Open() int64 { return int64(l) - int64(l)/reserve }

// Over returns by how much the bytes held and more are above that.
func (l Limit) Over(held, more int64) int64 { return held + more - l.Open() }
