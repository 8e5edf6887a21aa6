package lines

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sequence reads bodies one after the other with one reader, holding each
// against textparse, and gives the instance.
func sequence(t *testing.T, bodies ...string) (*instance, *Reader) {
	t.Helper()
	in := newInstance(NewStore())
	r := NewReader(in.store, Limits{})
	for _, b := range bodies {
		in.read(t, r, []byte(b))
	}
	return in, r
}

func TestNewlineInsideALabelValue(t *testing.T) {
	const a, b = "a 1\nfoo{a=\"x\ny\"} 3\nb 2\n", "a 1\nfoo{a=\"x\ny\"} 4\nb 2\n"
	in, r := sequence(t, a, b, "foo{a=\"x\n", a, "foo{a=\"x\ny} 3\nfoo{a=\"} 3\n", b)
	require.NoError(t, r.Read(&in.cols, []byte(a), ""))
	assert.False(t, r.Structural())
	assert.Equal(t, []uint32{1}, r.Changed())
	// The value's second line looks like a line of its own.
	sequence(t, "c 7\nfoo{a=\"x\nc 7\nd\"} 3\n", "foo{a=\"x\nc 7\nd\"} 3\nc 7\n", "foo{a=\"x\nc 7\n", "c 8\n")
}

func TestNULEndsTheBody(t *testing.T) {
	in, r := sequence(t, "a 1\nb 2\nc 3\n", "a 1\n\x00b 2\nc 3\n", "a 1\n  \x00garbage{", "a 1\nb 2\nc 3\n", "\x00", "a 1\n#x\x00\nb 2\n", "# x\x00\na 1\n")
	require.NoError(t, r.Read(&in.cols, []byte("a 1\n\x00"), ""))
	assert.Equal(t, 1, r.Len())
	sequence(t, "foo{a=\"\x00\x00\"} 1\n", "foo{a=\"\x00\x00\"} 2\n", "foo\x00 1\n", "foo 1\x00\n", "foo 1 \x00\n", "# HELP a \x00b\na 1\n")
}

func TestBlankBeforeTheBraces(t *testing.T) {
	sequence(t, "foo 5\n", "foo {a=\"b\"} 5\n", "foo 5\n", "foo {a=\"b\"} 6\nfoo 5\n", "foo\t{a=\"b\"}\t6\n", "foo  5\n", "foo 5{\n")
}

func TestNoBlankBeforeTheValue(t *testing.T) {
	sequence(t, "foo{a=\"b\"}5\n", "foo{a=\"b\"} 5\n", "foo{a=\"b\"}6\nfoo{a=\"b\"} 6\n", "foo{a=\"b\"}{\n", "foo{a=\"b\"}\t7\n")
}

func TestNoBlankBehindTheName(t *testing.T) {
	sequence(t, "a.4\n", "a0 89\n", "a.4\na0 89\n", "a-1\na 1\n", "a+1\n", "a.4 5\n", "a.4\n", "abcdefghi.5\n", "abcdefghi7 5\nabcdefghi 5\n")
}

func TestTypeChangesHowLinesAreRead(t *testing.T) {
	const line = "foo_bucket{le=\"1\"} 3\n"
	in, r := sequence(t, "# TYPE foo histogram\n"+line, "# TYPE foo counter\n"+line, "# TYPE foo histogram\n"+line, line)
	require.NoError(t, r.Read(&in.cols, []byte("# TYPE foo histogram\n"+line), ""))
	assert.True(t, r.Structural(), "le=1 is another series than le=1.0")
	id := r.ID(0)
	old, _, _ := r.At(0)
	assert.Equal(t, -1, old)
	assert.Equal(t, Bucket, in.store.Line(id).Role)
	// Another family's type rewrites labels too, but is not the line's.
	in, _ = sequence(t, "# TYPE bar summary\nfoo{quantile=\"1\"} 3\n", "# TYPE baz summary\nfoo{quantile=\"1\"} 3\n", "foo{quantile=\"1\"} 3\n")
	assert.Equal(t, 2, in.store.Len())
	// A line at the same place under a comment that came or went.
	sequence(t, "a 1\nb 2\n", "a 1\n# TYPE b gauge\nb 2\n", "# TYPE a gauge\na 1\nb 2\n", "a 1\nb 2\n# TYPE b gauge\n", "a 1\nb 2\n# TYPE b gauge")
}

func TestSameSeriesTwice(t *testing.T) {
	in, r := sequence(t, "a 1\na 2\n", "a 3\na 2\n", "a 3\na 4\n", "b 1\na 3\na 4\n", "a 3\nb 1\na 4\na 5\n", "a 4\n", "a 4\nb 0\na 5\n", "a 5\nb 0\n")
	require.NoError(t, r.Read(&in.cols, []byte("a 5\nb 0\na 7\nb 0\n"), ""))
	assert.Equal(t, []uint32{2, 3}, r.Duplicates())
	assert.True(t, r.Duplicate(3))
	assert.False(t, r.Duplicate(1))
	old, _, _ := r.At(0)
	assert.Equal(t, 0, old, "the first is the one that was there")
	r.Commit(&in.cols)
	assert.Equal(t, []uint32{2, 3}, in.cols.Duplicates())
	require.NoError(t, r.Read(&in.cols, []byte("c 1\na 5\nb 0\na 7\n"), ""))
	old, _, _ = r.At(1)
	assert.Equal(t, 0, old)
}

func TestLateErrorsChangeNothing(t *testing.T) {
	good := "# TYPE a counter\n" + strings.Repeat("a 1\nb{x=\"1\"} 2 5\n", 50)
	in, r := sequence(t, good, good+"c\n", good, good+"new_line{a=\"b\"} 5\nc{", good+"# TYPE a what\n", good)
	before := in.store.Cap()
	require.Error(t, r.Read(&in.cols, []byte(good+"another 5\n<html>"), ""))
	assert.Zero(t, r.Len())
	r.Commit(&in.cols) // of nothing
	r.Discard()
	in.read(t, r, []byte(good))
	assert.Len(t, in.store.Sweep(), in.store.Cap()-before+1, "what the broken bodies added is nobody's")
}

func TestTimestamps(t *testing.T) {
	sequence(t, "a 1\nb 2\n", "a 1 5\nb 2\n", "a 1 6\nb 2 7\n", "a 1 6\nb 2 7\n", "a 1\nb 2 7\n", "a 1\nb 2\n",
		"a 1 -5\n", "a 1 5 6\n", "a 1  5\n", "a 1\t5\n", "a 1 999999999999999999\n", "a 1 9223372036854775808\n", "a 1 9223372036854775807\n",
		"a 1 5", "a 1 ", "a 1 5x\n", "b 1 1\na 1 0\nc 1\n", "c 1\nb 1\na 1 1\n")
}

func TestBlankLinesAndComments(t *testing.T) {
	sequence(t, "\n\na 1\n", "a 1\n", " \t\na 1\n", "\n  \n\na 1\n\n", "#\na 1\n", "# c\n\n# d\na 1\n", "a 1\n# EOF\n", "a 1\n# EOF\n\n", "a 1\n# EOF\n  ",
		"a 1\n# EOF", "a 1\n# EOF more\nb 2\n", "# HELP a\na 1\n", "# HELP a \na 1\n", "# HELP\na 1\n", "# TYPE a\na 1\n", "#HELP a b\na 1\n", " a 1\n", "  b 1\n a 1\n", "   ", "\n", "a 1\n  ")
}

func TestOddNumbers(t *testing.T) {
	var bodies []string
	for _, v := range strings.Fields(`0 -0 1 NaN nan +Inf -Inf Inf 1e3 1E3 1.5 .5 5. +5 0x1p2 0x10 1_0 1e999 -1e-999 12345678 1234567 123456789012345678901234567890
		007 1: 1e 1e+ -- 9007199254740993 1.7976931348623157e+308 5e-324 00000001 1234567. 123456.7 1,0 { }`) {
		bodies = append(bodies, "a 1\nb "+v+"\nc 2\n", "a 1\nb "+v+" 5\nc 2\n", "a 1\nb "+v, "a 1\nb 1\nc 2\n")
	}
	sequence(t, bodies...)
}

func TestQuotedNames(t *testing.T) {
	sequence(t, "{\"foo.bar\",le=\"2\"} 3\n", "# TYPE \"foo.bar\" histogram\n{\"foo.bar_bucket\",le=\"2\"} 3\n", "{\"foo.bar\",le=\"2\"} 3\n", "{le=\"2\",\"foo.bar\"} 3\n",
		"{\"foo\"} 1\nfoo 1\n", "{\"foo\" } 1\n", "{a=\"b\"} 1\n", "{} 1\n", "# TYPE \"a\\\"b\" counter\n{\"a\\\"b\"} 1\n", "# HELP \"a\nb\" x\n{\"a\nb\"} 1\n", "{\"a\",\"b\"} 1\n")
}

func TestLinesMove(t *testing.T) {
	a, b, c := "a 1\na{x=\"0\"} 1\n", "b 2\nb{x=\"1\"} 3\n", "c 4\nc{y=\"\"} 5\n"
	sequence(t, a+b+c, c+a+b, b+c+a, a+b, b+a, a+c, c, a+b+c, c+b+a, "", a)
	ta, tb := "# TYPE a counter\n", "# TYPE b counter\n"
	sequence(t, ta+a+tb+b+c, tb+b+c+ta+a, ta+a+b+c, a+b+c, tb+a+b, ta+a+tb+b, ta+tb+a+b, ta+a+tb)
}

func TestLongLinesNeedLongWindows(t *testing.T) {
	long := strings.Repeat("x", 9000)
	in := newInstance(NewStore())
	r := NewReader(in.store, Limits{Line: 32 << 10}) // textparse has no limit
	for _, b := range []string{"a{b=\"" + long + "\"} 1\n", "a{b=\"" + long + "\"} 2\n", "a{b=\"" + long + "\n" + long[:100] + "\"} 2\n", "# HELP a " + long + long + "\na 1\n", "a{b=\"" + long} {
		in.read(t, r, []byte(b))
	}
	many := strings.Repeat("m{l=\"\n\"} 1\nn 2\n", 3000)
	sequence(t, many, many+"o 1\n")
}

func TestVeryShortTexts(t *testing.T) {
	sequence(t, "a 1\n", "a 2\n", "a 1234567\n", "a 1", "ab 1\n", "abcdef 1\nabcdefg 1\nabcdefghijklmno 1\nabcdefghijklmnop 1\nabcdefghijklmnopqrstuvwxyz1234 12\n",
		"abcdef 1\nabcdefg 2\nabcdefghijklmno 3\nabcdefghijklmnoP 4\nabcdefghijklmnopqrstuvwxyz1234 5\n", "abcdef 1\nabcdefg 1\nabcdefghijklmno 1\nabcdefghijklmnop 1\nabcdefghijklmnopqrstuvwxYz1234 12\n")
}
