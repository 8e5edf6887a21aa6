package rate

// Lives says when the processes of a member lived, as far as known. Times are Unix milliseconds.
//
//	Began ≤ First ≤ Last; gaps ascend and do not overlap
type Lives struct {
	Began       int64 // start of the first process; 0: unknown
	Counted     bool  // what it counted from then on is in its steps
	Off         int64 // by how much the starts of its processes may be wrong
	First, Last int64 // its first and its latest scrape
	Interval    int64 // between its scrapes
	Gaps        []Gap // between its processes
	Live        bool  // it is alive at the end of the window
	End
}

// End says what is known of the end of a member.
type End struct {
	Ended int64 // since when it is known not to answer; 0: it is not
	Left  int64 // since when it is known to be gone; 0: it is not
	Ends  bool  // one of the two is, or will be at a time that is known
}

// Gap is the time between the last scrape of a process and the start of its successor, which no scrape saw.
type Gap struct {
	From, To int64
	Met      int64 // the first scrape of the successor
	Lived    bool  // two processes answer in turn: the member was alive
}

// Times are the parts of a window in which a member was alive as far as known, in which it may have been alive and no
// scrape saw it, and in which it was not alive. Open says that nothing is known of it after its latest scrape, either:
// that time, until the end of the window, is not in Unseen.
//
// Between is the time between two of its processes in the steps that end in the window, also where they began before it.
//
// Early is by how much longer it may have been alive, and Late by how much shorter, as its starts may be wrong.
type Times struct {
	Life, Unseen, Dead int64
	Between            int64
	Early, Late        int64
	Open               bool
}

// In returns the times of a member in the window (s, e]. It was there from its birth, else from half an interval before
// its first scrape, to half an interval after its last one if it is not live or does not answer, else to e. So is each of
// its processes; of the time between two of them the rest is nobody's life. But only what is gone is not alive for
// certain: between two refusals a process may have begun, counted and died.
func (l *Lives) In(s, e int64) Times {
	in := func(from, to int64) int64 { return max(0, min(to, e)-max(from, s)) }
	before := func(at int64) int64 {
		if at == 0 {
			return e
		}
		return min(e, max(l.Last, at))
	}
	from, to, left := l.First-l.Interval/2, e, before(l.Left)
	if l.Began != 0 {
		from = l.Began
	}
	if end := min(left, before(l.Ended)); !l.Live || l.Ended != 0 || l.Left != 0 {
		to = min(end, l.Last+l.Interval/2)
	}
	t := Times{Life: in(from, to), Dead: in(left, e), Open: l.Left == 0}
	if !t.Open {
		t.Unseen = in(l.Last, left)
	}
	switch {
	case l.Counted:
		t.Dead += in(s, l.Began)
		t.Early, t.Late = in(l.Began-l.Off, l.Began), in(l.Began, min(l.Began+l.Off, l.First))
	case l.Began != 0:
		t.Dead += in(s, l.Began-l.Off)
		t.Unseen += in(l.Began-l.Off, l.First)
	default:
		t.Unseen += in(s, l.First)
	}
	for _, g := range l.Gaps {
		gap := in(g.From, g.To)
		if g.From < l.Last {
			t.Unseen += gap
			if s < g.Met && g.Met <= e {
				t.Between += g.To - g.From
			} else {
				t.Between += gap
			}
		}
		if !g.Lived {
			t.Late += in(g.To, min(g.To+l.Off, g.Met))
			t.Life -= in(min(g.From+l.Interval/2, g.To), g.To)
		}
	}
	t.Life = max(0, t.Life)
	return t
}

// Steady returns the times of a member that counts on while no process shows it.
func (l *Lives) Steady(s, e int64) Times {
	x := *l
	x.Gaps = nil
	return x.In(s, e)
}

// Before returns a copy of gaps in which those that end by a time are one, as long as all of them, that ends then.
func Before(gaps []Gap, at int64) []Gap {
	i, ms := 0, int64(0)
	for ; i < len(gaps) && gaps[i].To <= at; i++ {
		if !gaps[i].Lived {
			ms += gaps[i].To - gaps[i].From
		}
	}
	if ms == 0 {
		return append([]Gap(nil), gaps[i:]...)
	}
	return append([]Gap{{From: at - ms, To: at, Met: at}}, gaps[i:]...)
}
