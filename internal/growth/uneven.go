package growth

import "github.com/promfold/promfold/internal/judge"

// noteUneven notes by how much more the line of the count grew than the last bucket, or less: a client was read while it
// was writing. Either may be right. before is the reading before; nil if there is none. It reports whether it noted
// something.
func (t *turn) noteUneven(x *Hist, s *judge.Step, before *point) bool {
	if t.h.form == native || t.h.count < 0 || x.Origin != Reading && x.Origin != Zero {
		return false
	}
	old, now, _ := t.Reader.At(int(t.h.count))
	ahead := now - t.now.Value
	if x.Origin == Reading && before != nil && old >= 0 && s.Sub == before.Last.Value && !before.Gapped {
		ahead -= t.Scraped.Before.Value(old) - before.Last.Value
	}
	if ahead == 0 || !finite(ahead) {
		return false
	}
	x.note(judge.Step{Verdict: judge.Grew, Lo: min(0, ahead), Hi: max(0, ahead), From: s.From, To: s.To, Reach: s.From}, Uneven)
	return true
}
