package roster_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
)

type status int

func (s status) Error() string       { return fmt.Sprint("status ", int(s)) }
func (s status) HTTPStatusCode() int { return int(s) }

func dial(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }

func TestFailureOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want roster.Failure
	}{
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), roster.Unreachable},
		{dial(os.NewSyscallError("read", syscall.ECONNRESET)), roster.Unreachable},
		{dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), roster.Unreachable},
		{dial(os.NewSyscallError("connect", syscall.ETIMEDOUT)), roster.Unheard},
		{dial(os.ErrDeadlineExceeded), roster.Unheard},
		{fmt.Errorf("fetching: %w", context.DeadlineExceeded), roster.Unheard},
		{context.Canceled, roster.Unheard},
		{fmt.Errorf("fetching: %w", status(503)), roster.Unreachable},
		{status(500), roster.Unreachable},
		{status(404), roster.Unheard},
		{status(302), roster.Unheard},
		{io.ErrUnexpectedEOF, roster.Unreachable},
		{errors.New("up is 0"), roster.Unreachable},
	} {
		assert.Equal(t, c.want, roster.FailureOf(c.err), "%v", c.err)
	}
}

func TestAttempts(t *testing.T) {
	type attempt struct {
		at  int64
		how roster.Failure
	}
	for _, c := range []struct {
		name string
		list []attempt
		want roster.Failure
		word int64
	}{
		{"none", nil, roster.NoFailure, 0},
		{"answered", []attempt{{100, roster.NoFailure}}, roster.NoFailure, 0},
		{"refused", []attempt{{110, roster.Unreachable}}, roster.Unreachable, 0},
		{"refused in the same moment", []attempt{{100, roster.Unreachable}}, roster.Unreachable, 0},
		{"refused before it answered", []attempt{{99, roster.Unreachable}}, roster.NoFailure, 0},
		{"slow", []attempt{{110, roster.Unheard}}, roster.Unheard, 110},
		{"one address answers", []attempt{{110, roster.Unreachable}, {100, roster.NoFailure}}, roster.NoFailure, 0},
		{"slow at one address", []attempt{{110, roster.Unreachable}, {105, roster.Unheard}}, roster.Unheard, 105},
	} {
		var a roster.Attempts
		for _, x := range c.list {
			a.Add(100, x.at, x.how)
		}
		assert.Equal(t, c.want, a.Failure(), c.name)
		assert.Equal(t, c.word, a.Word(), c.name)
	}
}

func TestStandings(t *testing.T) {
	for _, c := range []struct {
		live, gone bool
		how        roster.Failure
		want       roster.Standing
	}{
		{true, false, roster.NoFailure, roster.Present},
		{true, false, roster.Unheard, roster.Likely},
		{true, false, roster.Unreachable, roster.Doubtful},
		{false, false, roster.NoFailure, roster.Absent},
		{false, false, roster.Unheard, roster.Absent},
		{false, false, roster.Unreachable, roster.Doubtful},
		{true, true, roster.Unreachable, roster.Absent},
	} {
		s := roster.StandingOf(c.live, c.gone, c.how)
		assert.Equal(t, c.want, s, "%+v", c)
		assert.Equal(t, c.want == roster.Present || c.want == roster.Likely, s.Counts())
		assert.Equal(t, c.want != roster.Absent, s.Possible())
	}
}

func TestTargets(t *testing.T) {
	const now = 10 * roster.Learnt
	old, fresh := now-roster.Learnt-1, now-roster.Learnt
	for _, c := range []struct {
		name                                       string
		t                                          roster.Target
		expected, given, failed, stranger, forgets bool
	}{
		{"never tried", roster.Target{}, false, false, false, true, false},
		{"tried lately", roster.Target{Tried: fresh, Reached: true}, true, false, false, false, false},
		{"tried long ago", roster.Target{Tried: old, Reached: true}, false, false, false, false, false},
		{"told", roster.Target{Told: true}, true, false, false, false, false},
		{"given", roster.Target{Given: true, Failure: roster.Unheard, Tried: old}, false, true, true, true, true},
		{"gone", roster.Target{Gone: true, Tried: now - 50, Failure: roster.Unreachable}, false, false, false, true, false},
		{"gone for longer than a window", roster.Target{Gone: true, Tried: now - 101}, false, false, false, true, true},
		{"a stranger that failed lately", roster.Target{Tried: fresh, Failure: roster.Unreachable}, true, false, true, true, false},
		{"a stranger that failed long ago", roster.Target{Tried: old, Failure: roster.Unreachable}, false, false, false, true, true},
		{"failed long ago, once met", roster.Target{Tried: old, Failure: roster.Unheard, Reached: true}, false, false, true, false, false},
		{"a balancer", roster.Target{Tried: old, Balanced: true}, false, false, false, false, false},
	} {
		assert.Equal(t, c.expected, c.t.Expected(false, now), c.name)
		assert.Equal(t, c.given, c.t.Expected(true, now), c.name)
		assert.Equal(t, c.failed, c.t.Failed(now), c.name)
		assert.Equal(t, c.stranger, c.t.Stranger(), c.name)
		assert.Equal(t, c.forgets, c.t.Forgotten(now, 100), c.name)
	}
}

func TestCoverage(t *testing.T) {
	var c roster.Coverage
	_, ok := c.Share()
	assert.False(t, ok, "of nothing expected there is no share")
	aims := []roster.Aim{
		{Name: "a", Expected: 1, Live: 1},
		{Name: "b", Expected: 1, Failed: true, Unmet: 1},
		{Name: "lb", Balanced: true, Expected: 3, Live: 2, Unclear: 4},
		{Name: "more", Balanced: true, Expected: 1, Live: 2},
	}
	for i := range aims {
		require.True(t, aims[i].Matters())
		c.AddTarget(&aims[i])
	}
	assert.False(t, (&roster.Aim{Name: "x", Live: 1}).Matters())
	assert.Equal(t, []string{"", "b", "lb (1 of 3)", ""}, each(aims, (*roster.Aim).Lacks))
	assert.Equal(t, []string{"", "b", "", ""}, each(aims, (*roster.Aim).Never))
	for _, m := range []roster.Member{
		{Standing: roster.Present}, {Standing: roster.Present, Partial: true, Restarted: true},
		{Standing: roster.Likely, Partial: true}, {Standing: roster.Doubtful}, {Standing: roster.Absent}, {Standing: roster.Absent, Gone: true},
	} {
		c.AddMember(m)
	}
	c.Duplicates = 1
	assert.Equal(t, "4 of 6 expected, 1 partial, 1 stale, 1 failed, 1 restarted, 1 duplicates left out, 4 ambiguous scrapes", c.String())
	share, ok := c.Share()
	assert.True(t, ok)
	assert.Equal(t, 0.5, share)
	assert.Equal(t, 2, c.Reporting)
}

func each(aims []roster.Aim, of func(*roster.Aim) string) (list []string) {
	for i := range aims {
		list = append(list, of(&aims[i]))
	}
	return list
}

func TestOldest(t *testing.T) {
	tried := map[string]int64{"c": 1, "a": 2, "b": 2, "d": 0}
	names := []string{"a", "b", "c", "d"}
	at := func(name string) int64 { return tried[name] }
	assert.Equal(t, []string{"d", "c", "a"}, roster.Oldest(names, 3, at))
	assert.Empty(t, roster.Oldest(names, -1, at))
	assert.Len(t, roster.Oldest(names, 9, at), 4)
}

// Now against a naive reading of the rule, one unit at a time.
func TestNow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := rapid.Int64Range(0, 300).Draw(rt, "now")
		last := rapid.SliceOfN(rapid.Int64Range(1, 300), 0, 5).Draw(rt, "last")
		const skew, patience = 60, 100
		units := make([]roster.Unit, len(last))
		for i := range last {
			units[i] = roster.Unit{Last: last[i], Live: func(e int64) bool { return e-last[i] <= patience }}
		}
		e, ahead := roster.Now(now, skew, units)

		want, left := now, -1
		for i := range last {
			want = max(want, last[i])
		}
		for i := range last {
			others, live := now, false
			for j := range last {
				if j != i {
					others = max(others, last[j])
				}
			}
			for j := range last {
				live = live || j != i && others-last[j] <= patience
			}
			if last[i] > others+skew && live {
				want, left = others, i
			}
		}
		require.Equal(rt, want, e)
		require.Equal(rt, left, ahead)
	})
}

func TestLeft(t *testing.T) {
	var l, o roster.Left
	assert.Zero(t, l.Watched("a"))
	for i := range 10_001 {
		l.Note(fmt.Sprint(i), int64(i))
	}
	l.Bound()
	assert.Len(t, l.At, 5001)
	assert.Equal(t, int64(4999), l.Watched("3"), "forgotten: it may have been watched until then")
	assert.Equal(t, int64(9000), l.Watched("9000"))
	o.Note("x", 7)
	o.Bound()
	o.Merge(&l)
	assert.Equal(t, int64(7), o.Watched("x"))
	assert.Equal(t, int64(4999), o.Watched("y"))
	for _, second := range []int64{0, 20, 30, 0} {
		l.Open(second)
	}
	assert.Equal(t, int64(20), l.Opened, "the first time that one was scraped twice")
	o.Merge(&l)
	l.Merge(&roster.Left{Opened: 10})
	l.Merge(&roster.Left{})
	assert.Equal(t, []int64{20, 10}, []int64{o.Opened, l.Opened})
	assert.Equal(t, int64(9000), o.Watched("9000"))
}

// A family's times of being partial, against all that was ever noted.
func TestShrunk(t *testing.T) {
	assert.False(t, roster.LostMost(9, 0))
	assert.True(t, roster.LostMost(10, 4))
	assert.False(t, roster.LostMost(10, 5))
	assert.False(t, roster.Enough(5))
	assert.True(t, roster.Enough(6))

	r := rand.New(rand.NewPCG(1, 2))
	family := &lines.Family{Name: "pods"}
	var list []roster.Shrunk
	var spans [][2]int64 // all that was noted
	full := 0
	for at := int64(1000); at < 2_000_000; at += 1000 {
		open := len(spans) > 0 && spans[len(spans)-1][1] == 0
		switch {
		case r.IntN(50) == 0:
			if open {
				assert.Equal(t, full, list[0].Before, "it still lacks those of the first time")
				spans[len(spans)-1][1] = at
			} else {
				full = 100 + r.IntN(10)
			}
			spans = append(spans, [2]int64{at, 0})
			list = roster.Shrink(list, roster.Shrunk{Family: family, At: at, Before: full, Lines: 3})
		case open && r.IntN(10) == 0:
			spans[len(spans)-1][1] = at
			list = roster.Recover(list, at, at-60_000, func(x *roster.Shrunk) bool { return true })
		default:
			list = roster.Recover(list, at, at-60_000, func(x *roster.Shrunk) bool { return false })
		}
		require.LessOrEqual(t, len(list), 1)
		want := len(spans) > 0 && (spans[len(spans)-1][1] == 0 || spans[len(spans)-1][1] > at-60_000)
		got := slices.ContainsFunc(list, func(x roster.Shrunk) bool { return x.In(at-60_000, at) })
		require.Equal(t, want, got, "at %d", at)
	}
	x := roster.Shrunk{Family: family, At: 1000, Before: 20, Lines: 3}
	assert.Equal(t, "ksm: only 3 of 20 lines of pods since 1970-01-01T00:00:01Z, of the same process: it may be partial", x.Text("ksm"))
	assert.True(t, x.Open(roster.Learnt))
	assert.False(t, x.Open(2*roster.Learnt), "it is small")
	x.Until = 3000
	assert.Equal(t, "ksm: pods was partial from 1970-01-01T00:00:01Z to 1970-01-01T00:00:03Z", x.Text("ksm"))
	assert.True(t, x.In(2000, 9000))
	assert.False(t, x.In(3000, 9000))
}

// What both parts watched, now or once, is named.
func TestShared(t *testing.T) {
	var mine, theirs roster.Left
	mine.Note("gone", 5)
	theirs.Note("c", 0)
	theirs.Note("gone", 7)
	here := func(name string) bool { return name == "a" || name == "c" }
	assert.Equal(t, []string{"a", "c", "gone"}, mine.Shared(&theirs, []string{"b", "a"}, here))
	assert.Empty(t, mine.Shared(&roster.Left{}, []string{"b"}, here))
}
