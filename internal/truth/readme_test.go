package truth

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/cases"
)

// program of the README: some instances, scraped every so often with jitter, of
// which scrapes are lost and, with restarts, processes replaced; asked for the
// increase and the rates of short and long windows.
func programOfReadme(seed uint64, interval ms, restarts bool) *Fleet {
	f := &Fleet{Kind: "readme", Seed: seed, maker: maker{dice: dice{rand.New(rand.NewPCG(seed, uint64(interval)))}}, Case: &cases.Case{Name: "readme"}}
	f.program = f.drawProgram()
	f.program.form, f.program.arrivals, f.program.series, f.program.owner = "", one(f.dice, even, poisson), 3, one(f.dice, "", "process")
	f.horizon = 360 * second
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		p.jitter, p.lost, p.slow, p.late = 0.3, 0.1, one(f.dice, 0, 0.05), one(f.dice, 0, 0.05)
		if restarts {
			p.uptime, p.downtime = span{30 * second, 200 * second}, span{second, interval + second}
		}
		f.direct(p)
	})
	for range 3 {
		f.asked = append(f.asked, f.between(20*second, f.horizon))
	}
	slices.Sort(f.asked)
	for _, at := range f.asked {
		for _, w := range []ms{10 * second, 30 * second, minute, 5 * minute} {
			for _, a := range questions(f) {
				a.At, a.Window = duration(at), duration(w)
				f.told = append(f.told, telling{when: at, step: &a})
			}
		}
	}
	f.order()
	return f
}

// What the program in the README prints is right or bounded, at intervals from a
// second on and for windows shorter than the interval.
func TestProgramOfReadme(t *testing.T) {
	fleets := uint64(12)
	if testing.Short() {
		fleets = 3
	}
	answered := map[string]int{}
	for _, interval := range []ms{second, 15 * second} {
		for _, restarts := range []bool{false, true} {
			for seed := range fleets {
				f := programOfReadme(seed+1, interval, restarts)
				list, err := f.Run()
				require.NoError(t, err)
				for _, v := range list {
					answered[fmt.Sprint(v.Ask.Question.Word, " ", v.Ask.Window, " ", interval/second)]++
					assert.True(t, v.Miss == None || v.Excused, "seed %d, every %v, restarts %t: %s of %s over %v at %v: %s, truth %+v", seed+1,
						duration(interval), restarts, v.Ask.Question.Word, v.Ask.View, v.Ask.Window, v.Ask.At, v.Estimate, v.Truth)
				}
			}
		}
	}
	assert.Len(t, answered, 5*4*2, "each question has an answer at each interval: %v", answered)
}
