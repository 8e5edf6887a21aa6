package truth

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/promfold/promfold/internal/cases"
)

// Key names a kind of answer of a kind of fleet.
type Key struct{ Kind, Answer string }

// Count counts the answers of a key.
type Count struct {
	Answers, Lo, Hi, Excused int
	Seed                     uint64 // the smallest with a miss that is not excused
	Example                  *cases.Case
	widths                   []float64
}

// Tally counts answers and misses.
type Tally struct {
	Counts map[Key]*Count
	kinds  []string
}

// Measure runs so many fleets, of the kinds in turn, with seeds from the first.
func Measure(kinds []string, fleets int, first uint64) (*Tally, error) {
	t := &Tally{Counts: map[Key]*Count{}, kinds: kinds}
	for i := range fleets {
		f, err := Simulate(kinds[i%len(kinds)], first+uint64(i/len(kinds)))
		if err != nil {
			return nil, err
		}
		list, err := f.Run()
		if err != nil {
			return nil, err
		}
		for j := range list {
			t.add(f, &list[j])
		}
	}
	return t, nil
}

func (t *Tally) add(f *Fleet, v *Verdict) {
	key := Key{f.Kind, v.Ask.Question.Word}
	c := t.Counts[key]
	if c == nil {
		c = &Count{}
		t.Counts[key] = c
	}
	c.Answers++
	if w, ok := v.width(); ok {
		c.widths = append(c.widths, w)
	}
	switch {
	case v.Excused:
		c.Excused++
		return
	case v.Miss == Lo:
		c.Lo++
	case v.Miss == Hi:
		c.Hi++
	default:
		return
	}
	if c.Example == nil {
		c.Seed, c.Example = f.Seed, f.Missed(*v)
	}
}

// Budget is how many answers of all kinds of fleets together may miss the truth on
// one side, because of what some of them hide or because something unseen was
// faster than all that was seen.
type Budget struct {
	Name    string
	Answers []string
	Side    Side
	Open    bool // of the kinds that hide nothing alone
	Percent float64
}

// rates are the answers whose upper bounds assume that nothing unseen was faster
// than the fastest seen, which no rule of seeing knows to the last step.
var rates = []string{"rate", "ratenow", "hottest"}

// Budgets are those that are held.
func Budgets() []Budget {
	return []Budget{
		{"lower bounds of increases", []string{"increase", "count"}, Lo, false, 0.2},
		{"lower bounds of rates", rates, Lo, false, 0.04},
		{"upper bounds of rates", rates, Hi, false, 5},
		{"the same where nothing is hidden", rates, Hi, true, 0.01},
	}
}

// Spent returns how many answers a budget is about, and how many of them missed.
func (t *Tally) Spent(b Budget) (answers, misses int) {
	for key, c := range t.Counts {
		if !slices.Contains(b.Answers, key.Answer) || b.Open && Hidden(key.Kind) != "" {
			continue
		}
		if answers += c.Answers; b.Side == Lo {
			misses += c.Lo
		} else {
			misses += c.Hi
		}
	}
	return answers, misses
}

// Broken returns in words what is not as it must be: kinds of fleets that hide
// nothing and in which an answer missed the truth, but for upper bounds of rates, and,
// of all kinds together, budgets that are exceeded.
func (t *Tally) Broken() (list []string) {
	for _, key := range t.Misses() {
		c := t.Counts[key]
		misses := c.Lo
		if !slices.Contains(rates, key.Answer) || len(t.kinds) < 2 {
			misses += c.Hi
		}
		if misses > 0 && Hidden(key.Kind) == "" {
			list = append(list, fmt.Sprintf("%s, %s: %d of %d answers miss, and nothing is hidden there", key.Kind, key.Answer, misses, c.Answers))
		}
	}
	if len(t.kinds) < 2 {
		return list
	}
	for _, b := range Budgets() {
		if n, misses := t.Spent(b); float64(misses) > b.Percent/100*float64(n) {
			list = append(list, fmt.Sprintf("%s: %d of %d miss, more than %g %%", b.Name, misses, n, b.Percent))
		}
	}
	return list
}

// Misses returns the keys with misses, by kind and answer.
func (t *Tally) Misses() []Key {
	var list []Key
	for key, c := range t.Counts {
		if c.Lo+c.Hi > 0 {
			list = append(list, key)
		}
	}
	return t.sorted(list)
}

func (t *Tally) sorted(list []Key) []Key {
	slices.SortFunc(list, func(a, b Key) int {
		return cmp.Or(cmp.Compare(slices.Index(t.kinds, a.Kind), slices.Index(t.kinds, b.Kind)), cmp.Compare(a.Answer, b.Answer))
	})
	return list
}

// Write writes the tables: a row for each kind of fleet and answer, then the
// misses with the smallest seed.
func (t *Tally) Write(w io.Writer, details bool) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "kind\tanswer\tanswers\tLo misses\tHi misses\texcused\twidth/truth p50\tp95\t")
	var keys []Key
	for key := range t.Counts {
		keys = append(keys, key)
	}
	all := map[string]*Count{}
	for _, key := range t.sorted(keys) {
		c := t.Counts[key]
		if all[key.Kind] == nil {
			all[key.Kind] = &Count{}
		}
		sum := all[key.Kind]
		sum.Answers, sum.Lo, sum.Hi, sum.Excused = sum.Answers+c.Answers, sum.Lo+c.Lo, sum.Hi+c.Hi, sum.Excused+c.Excused
		sum.widths = append(sum.widths, c.widths...)
		if details {
			c.write(out, key.Kind, key.Answer)
		}
	}
	if !details {
		for _, kind := range t.kinds {
			if c := all[kind]; c != nil {
				c.write(out, kind, "all")
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintln(out, "misses\tanswer\tof\tLo\tHi\tsmallest seed\t")
	for _, key := range t.Misses() {
		c := t.Counts[key]
		fmt.Fprintf(out, "%s%s\t%s\t%d\t%d\t%d\t%d\t\n", key.Kind, hides(key.Kind), key.Answer, c.Answers, c.Lo, c.Hi, c.Seed)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintln(out, "budget\tanswers\tmisses\tpercent\tof at most\t")
	for _, b := range Budgets() {
		if n, misses := t.Spent(b); n > 0 {
			fmt.Fprintf(out, "%s\t%d\t%d\t%.3f\t%g\t\n", b.Name, n, misses, 100*float64(misses)/float64(n), b.Percent)
		}
	}
	return out.Flush()
}

// hides says what leads to misses of a kind.
func hides(kind string) string {
	if x := Hidden(kind); x != "" {
		return " (" + x + ")"
	}
	return ""
}

func (c *Count) write(w io.Writer, kind, answer string) {
	slices.Sort(c.widths)
	fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\t\n", kind, answer, c.Answers, c.Lo, c.Hi, c.Excused, c.percentile(.5), c.percentile(.95))
}

// percentile of the sorted widths, in words.
func (c *Count) percentile(q float64) string {
	if len(c.widths) == 0 {
		return "-"
	}
	x := c.widths[max(0, int(math.Ceil(q*float64(len(c.widths))))-1)]
	if math.IsInf(x, 1) {
		return "∞"
	}
	return fmt.Sprintf("%.3g", x)
}
