package cases

import (
	"errors"
	"math"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

// example has every word of the grammar that tells a fleet something.
const example = `case example
# Why it is here.
since -50
window 10m0s
catalogue kubernetes
counter c{k="0"} by=k,l type=counter owner=external
gauge g combine=consensus
histogram h
balanced lb 0
expect a b
scrape a 0.5 pod=x header:Process-Start-Time-Unix=1700000005
> # TYPE c counter
> c{k="0"} 1
fail a 10 refused
fail a 20 timeout
scrape b 25 protobuf
> name:"c" type:COUNTER metric:{counter:{value:1}}
gone b 30
ask 30 1m0s c{k="0"} increase holds 1.5
ask 30 all h quantile 0.9 value 2 ±5%
ask 30 all g consensus none
ask 30 all h over 1 atmost 0.25
ask 30 all c{k="0"} increase warns-or-value 7
`

func TestReadAndWrite(t *testing.T) {
	list, err := Read("x.txt", example)
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, example, list[0].String())

	s := list[0].Steps[2].(*Scrape)
	assert.Equal(t, 500*time.Millisecond, s.At)
	assert.Equal(t, [][2]string{{"pod", "x"}}, s.Labels)
	assert.Equal(t, [][2]string{{"Process-Start-Time-Unix", "1700000005"}}, s.Header)
	assert.Equal(t, "# TYPE c counter\nc{k=\"0\"} 1\n", s.Body)
	a := list[0].Steps[8].(*Ask)
	assert.Equal(t, Question{"quantile", .9}, a.Question)
	assert.Equal(t, Expectation{"value", 2, 5}, a.Expect)
	assert.Equal(t, 20, list[0].lines[8])
}

// What was written is read back as it was.
func TestAllReadBack(t *testing.T) {
	for _, c := range all(t) {
		text := c.String()
		list, err := Read(c.file, text)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, text, list[0].String())
		require.Len(t, list[0].Steps, len(c.Steps))
	}
}

func TestReadErrors(t *testing.T) {
	for _, x := range []struct{ text, why string }{
		{"since 1", "x.txt:1: expected case NAME"},
		{"case", "x.txt:1: expected case NAME"},
		{"case a b", "x.txt:1: expected case NAME"},
		{"case a\nfoo", "x.txt:2: unknown word foo"},
		{"case a\nsince", "x.txt:2: expected since S"},
		{"case a\nsince soon", `x.txt:2: "soon" is no number`},
		{"case a\nsince NaN", `x.txt:2: "NaN" is no number`},
		{"case a\nsince 1e9", "x.txt:2: 1e9 is too far from the epoch"},
		{"case a\nwindow 5", `x.txt:2: "5" is no duration`},
		{"case a\nwindow -5s", `x.txt:2: "-5s" is no duration`},
		{"case a\ncatalogue nomad", "x.txt:2: expected catalogue kubernetes"},
		{"case a\ncounter", "x.txt:2: expected counter SELECTOR"},
		{"case a\ncounter c what=x", "x.txt:2: unknown option what=x"},
		{"case a\ngauge g combine=mean", "x.txt:2: unknown option combine=mean"},
		{"case a\ncounter c owner=nobody", "x.txt:2: unknown option owner=nobody"},
		{"case a\ncounter c by", "x.txt:2: expected opt=value, not by"},
		{"case a\ncounter c\ngauge c", "x.txt:3: two views of c"},
		{"case a\n> c 1", "x.txt:2: a body line without a scrape"},
		{"case a\nscrape a 0\n> c 1\ngone a 1\n> c 1", "x.txt:5: a body line without a scrape"},
		{"case a\nscrape a", "x.txt:2: expected scrape TARGET T"},
		{"case a\nscrape a x", `x.txt:2: "x" is no number`},
		{"case a\nscrape a 0 text", "x.txt:2: unknown word text"},
		{"case a\nscrape a 0 header:=x", "x.txt:2: unknown word header:=x"},
		{"case a\nfail a 0 lost", "x.txt:2: expected fail TARGET T refused|timeout"},
		{"case a\ngone a", "x.txt:2: expected gone TARGET T"},
		{"case a\nexpect", "x.txt:2: expected expect TARGET…"},
		{"case a\nbalanced a", "x.txt:2: expected balanced TARGET N"},
		{"case a\nbalanced a -1", "x.txt:2: expected balanced TARGET N"},
		{"case a\nask 0 1m c increase", "x.txt:2: expected ask T WINDOW VIEW QUESTION EXPECT"},
		{"case a\nask 0 1m c increase none", "x.txt:2: no view c"},
		{"case a\ncounter c\nask 0 1m c size none", "x.txt:3: unknown question size"},
		{"case a\ncounter c\nask 0 1m c over none", `x.txt:3: "none" is no number`},
		{"case a\ncounter c\nask 0 1m c over 1", "x.txt:3: no expectation"},
		{"case a\ncounter c\nask 0 1m c increase near 1", "x.txt:3: unknown expectation near"},
		{"case a\ncounter c\nask 0 1m c increase holds", "x.txt:3: holds without a number"},
		{"case a\ncounter c\nask 0 1m c increase holds 1 ±5%", "x.txt:3: unknown word ±5%"},
		{"case a\ncounter c\nask 0 1m c increase value 1 5%", "x.txt:3: unknown word 5%"},
		{"case a\ncounter c\nask 0 1m c increase none 1", "x.txt:3: unknown word 1"},
	} {
		_, err := Read("x.txt", x.text)
		var at *SyntaxError
		require.ErrorAs(t, err, &at, x.text)
		assert.EqualError(t, err, x.why, x.text)
	}
}

func TestMeets(t *testing.T) {
	is := func(value, lo, hi float64, warnings ...string) Answer {
		return Answer{Estimate: promfold.Estimate{Value: value, Lo: lo, Hi: hi}, OK: true, Warnings: warnings}
	}
	for _, x := range []struct {
		expect string
		answer Answer
		good   bool
	}{
		{"holds 10", is(10, 10, 10), true},
		{"holds 10", is(7, 0, 10), true},
		{"holds 10", is(12, 11, math.Inf(1)), false},
		{"holds 10", is(9, 0, 9), false},
		{"holds 10", Answer{}, true},
		{"value 10", is(10, 10, 10), true},
		{"value 10", is(10.1, 0, 20), false},
		{"value 10 ±5%", is(10.5, 0, 20), true},
		{"value 10 ±5%", is(9.4, 0, 20), false},
		{"value 0", Answer{}, false},
		{"atmost 10", is(10, 0, 20), true},
		{"atmost 10", is(11, 0, 20), false},
		{"atmost 10", Answer{}, true},
		{"none", Answer{}, true},
		{"none", is(0, 0, 0), false},
		{"warns-or-value 10", is(10, 0, 20), true},
		{"warns-or-value 10", is(20, 0, 20), false},
		{"warns-or-value 10", is(20, 0, 20, "a and b may be one process: both are counted"), true},
		{"warns-or-value 10", is(20, 0, 20, "a and b are one process, counted once"), false},
	} {
		e, why := readExpectation(strings.Fields(x.expect))
		require.Empty(t, why)
		got := e.meets(&x.answer)
		assert.Equal(t, x.good, got == "", "%s: %s", x.expect, got)
	}
}

// Run says which expectations fail, and where they stand.
func TestRun(t *testing.T) {
	list, err := Read("x.txt", `case runs
since -5
counter c owner=process
histogram h
gauge g combine=sum
scrape a 0
> # TYPE c counter
> c 10
> process_start_time_seconds 1699999000
scrape a 10 protobuf
> name:"c" type:COUNTER metric:{counter:{value:15}}
> name:"process_start_time_seconds" type:GAUGE metric:{gauge:{value:1699999000}}
> name:"h" type:HISTOGRAM metric:{histogram:{sample_count:3 sample_sum:6 created_timestamp:{seconds:1700000001} schema:0 zero_threshold:1e-128 zero_count:0 positive_span:{offset:1 length:1} positive_delta:3}}
scrape a 10
> c 16
scrape a 5
> c 16
scrape b 10 pod=x
> # TYPE g gauge
> g 4
ask 10 1m c increase value 5
ask 10 1m c increase value 6
ask 10 1m c lo value 5
ask 10 all h count value 3
ask 10 all h quantile 0.5 holds 1.5
ask 10 all h mean value 2
ask 10 all h over 1 value 1
ask 10 1m g consensus value 4
ask 10 1m g groups value 1
ask 10 1m g reporting value 2
ask 10 1m g increase none
fail a 20 refused
gone b 20
scrape a 30
> c oops
`)
	require.NoError(t, err)
	var got []string
	for _, err := range list[0].Run() {
		got = append(got, err.Error())
	}
	require.Len(t, got, 3, got)
	assert.Equal(t, "x.txt:22: c increase value 6: 5", got[0])
	assert.Equal(t, "x.txt:31: the view is of another kind", got[1])
	assert.Contains(t, got[2], "x.txt:34: scrape of a at")
}

func TestFailures(t *testing.T) {
	var op *net.OpError
	require.ErrorAs(t, failures["refused"], &op)
	assert.ErrorIs(t, failures["refused"], syscall.ECONNREFUSED)
	assert.False(t, op.Timeout())
	var late interface{ Timeout() bool }
	require.True(t, errors.As(failures["timeout"], &late))
	assert.True(t, late.Timeout())
}
