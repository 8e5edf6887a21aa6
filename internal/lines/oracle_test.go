package lines

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// truth is what textparse says of a body.
type truth struct {
	labels string
	typ    model.MetricType
	bits   uint64
	time   int64
	start  int64  // protobuf and OpenMetrics 2.0
	native string // histogram
}

// oracle reads a body with textparse alone, from its beginning to its end. The
// type is the one in force if it names the series' family.
func oracle(body []byte, contentType string) ([]truth, error) {
	return memory{}.oracle(body, contentType)
}

// startsWithNUL is the error for a line that does: textparse drops the NUL behind
// a comment, and takes it for a part of the comment. Behind the end is nothing.
func startsWithNUL(body []byte) error {
	body = bytes.TrimRight(body, "\x00")
	if bytes.HasPrefix(body, []byte{0}) || bytes.Contains(body, []byte("\n\x00")) {
		return errNULFirst
	}
	return nil
}

// memory spares an oracle the labels of what it has seen under the same type.
type memory map[string]remembered

type remembered struct{ name, labels string }

func (m memory) oracle(body []byte, contentType string) (_ []truth, err error) {
	in, err := formatOf(contentType, Limits{OpenMetrics2: true})
	if err != nil {
		return nil, err
	}
	switch in {
	case protobuf:
		err = inconsistent(body)
	case openMetrics:
		err = startsWithNUL(body)
	}
	if err != nil {
		return nil, err
	}
	p, err := textparse.New(slices.Clone(body), cmp.Or(contentType, textType), nil, textparse.ParserOptions{
		KeepClassicOnClassicAndNativeHistograms: true, EnableOpenMetrics2: true,
	})
	if err != nil {
		return nil, err
	}
	var (
		out      []truth
		family   family
		declared = map[string]model.MetricType{}
		key      []byte
	)
	for {
		entry, err := p.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch entry {
		case textparse.EntryType:
			name, typ := p.Type()
			family = familyOf(string(name), typ, in)
			declared[string(name)] = typ
		case textparse.EntrySeries, textparse.EntryHistogram:
			var (
				series []byte
				ts     *int64
				v      float64
				native string
			)
			if entry == textparse.EntrySeries {
				series, ts, v = p.Series()
			} else {
				var h *histogram.Histogram
				var f *histogram.FloatHistogram
				if series, ts, h, f = p.Histogram(); h != nil {
					f = h.ToFloat(nil)
				}
				v, native = f.Count, fmt.Sprintf("%+v", *f)
			}
			key = append(append(append(key[:0], series...), 0xff, byte(in), byte(entry)), family.Type...)
			seen, ok := m[string(key)]
			if !ok {
				var ls labels.Labels
				p.Labels(&ls)
				seen = remembered{ls.Get(model.MetricNameLabel), ls.String()}
				m[string(key)] = seen
			}
			t := truth{seen.labels, model.MetricTypeUnknown, math.Float64bits(v), NoTime, 0, native}
			if in == protobuf || in == openMetrics2 {
				t.start = p.StartTimestamp()
			}
			if _, ok := roleOf(&family, seen.name); ok && family.Name != "" {
				t.typ = family.Type
			} else if in == text || in == openMetrics {
				t.ofAnother(declared, string(series), seen.name, in)
			}
			if ts != nil {
				t.time = *ts
			}
			out = append(out, t)
		}
	}
}

// ofAnother corrects what is said of a line that stands away from the TYPE comment
// of its family: it is what it would be under that.
func (t *truth) ofAnother(declared map[string]model.MetricType, series, name string, in format) {
	if series[0] == '{' {
		return // a quoted name
	}
	own, ok := family{}, false
	for stem, typ := range declared {
		f := familyOf(stem, typ, in)
		if _, of := roleOf(&f, name); of && (!ok || len(stem) > len(own.Name)) {
			own, ok = f, true
		}
	}
	if !ok {
		return
	}
	body, contentType := fmt.Sprintf("# TYPE %s %s\n%s 1\n", own.Name, own.Type, series), textType
	if in == openMetrics {
		body, contentType = body+eof+"\n", openMetricsType
	}
	list, err := oracle([]byte(body), contentType)
	if err != nil || len(list) != 1 {
		panic(fmt.Sprint(body, err))
	}
	t.labels, t.typ = list[0].labels, list[0].typ
}

func familyOf(name string, typ model.MetricType, in format) family {
	return family{Family: Family{Name: name, Type: typ}, format: in}
}

// instance reads bodies and holds each against the oracle.
type instance struct {
	store *Store
	cols  Columns
	was   []truth
	text  map[*Line]string // of labels, worked out once
}

func newInstance(s *Store) *instance {
	return &instance{store: s, text: map[*Line]string{}}
}

func (in *instance) truth(as format, id ID, v float64, t, start int64, h *histogram.FloatHistogram) truth {
	l := in.store.Line(id)
	if _, ok := in.text[l]; !ok {
		in.text[l] = l.Labels().String()
	}
	if as == text || as == openMetrics {
		start = 0 // not textparse's
	}
	native := ""
	if h != nil {
		native = fmt.Sprintf("%+v", *h)
	}
	return truth{in.text[l], l.Family.Type, math.Float64bits(v), t, start, native}
}

// staged is what a reader has staged, in the oracle's words.
func (in *instance) staged(r *Reader) []truth {
	var out []truth
	for i := range r.Len() {
		id := r.ID(i)
		_, v, t := r.At(i)
		out = append(out, in.truth(r.in, id, v, t, r.Start(i), r.Native(i)))
	}
	return out
}

// held is what the columns hold, in the oracle's words.
func (in *instance) held() []truth {
	var out []truth
	for i := range in.cols.Len() {
		out = append(out, in.truth(in.cols.format, in.cols.ID(i), in.cols.Value(i), in.cols.Time(i), in.cols.Start(i), in.cols.Native(i)))
	}
	return out
}

func requireSame(t testing.TB, want, got []truth, body []byte, what string) {
	t.Helper()
	if slices.Equal(want, got) { // much faster than require.Equal
		return
	}
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "%s, line %d: %q", what, i, body)
	}
	require.Len(t, got, len(want), "%s: %q", what, body)
}

// read reads a body with r and checks everything that can be said of the result.
// It reports whether the body was accepted.
func (in *instance) read(t testing.TB, r *Reader, body []byte) bool {
	t.Helper()
	return in.readIn(t, r, body, "")
}

func (in *instance) readIn(t testing.TB, r *Reader, body []byte, contentType string) bool {
	t.Helper()
	if contentType == asProtobuf && valueMissing(body) {
		return false
	}
	want, wantErr := oracle(body, contentType)
	return in.readAs(t, r, body, contentType, want, wantErr)
}

func (in *instance) readAs(t testing.TB, r *Reader, body []byte, contentType string, want []truth, wantErr error) bool {
	t.Helper()
	given := slices.Clone(body)
	err := r.Read(&in.cols, given, contentType)
	for i := range given { // the body may be reused
		given[i] = '!'
	}
	requireSame(t, in.was, in.held(), body, "a read changes nothing")
	if wantErr != nil {
		require.Error(t, err, "textparse: %v\n%q", wantErr, body)
		checkPosition(t, body, contentType, err)
		require.Zero(t, r.Len())
		return false
	}
	require.NoError(t, err, "%q", body)
	requireSame(t, want, in.staged(r), body, "staged")
	in.checkDifference(t, r, want)
	r.Commit(&in.cols)
	requireSame(t, want, in.held(), body, "committed")
	in.was = want
	if r.limits.Exemplars > 0 {
		in.checkExemplars(t, body, contentType)
	}
	return true
}

// checkExemplars holds those that were kept against textparse's. Of a native
// histogram textparse has those of the classic buckets, too, if it has none of its
// own, and none without a time.
func (in *instance) checkExemplars(t testing.TB, body []byte, contentType string) {
	t.Helper()
	list, err := Exemplars(body, contentType, wide)
	require.NoError(t, err)
	want, got := []string{}, []string{}
	of := func(list []string, pos int, e exemplar.Exemplar) []string {
		if in.store.Line(in.cols.ID(pos)).Role == Native && contentType == asProtobuf {
			if !e.HasTs || in.buckets(pos) {
				return list
			}
		}
		return append(list, fmt.Sprint(pos, e.Labels, math.Float64bits(e.Value), e.HasTs, e.Ts))
	}
	for _, e := range list {
		want = of(want, e.Pos, e.Exemplar)
	}
	for pos, e := range in.cols.Exemplars() {
		got = of(got, pos, e)
	}
	require.Equal(t, want, got, "%q", body)
}

// buckets reports whether the lines of classic buckets follow a native histogram.
func (in *instance) buckets(pos int) bool {
	return pos+1 < in.cols.Len() && in.store.Line(in.cols.ID(pos+1)).Role == Count
}

// checkDifference holds positions, changes and departures against the lists
// before and after.
func (in *instance) checkDifference(t testing.TB, r *Reader, want []truth) {
	t.Helper()
	var changed, gone, dups []uint32
	used := make([]bool, in.cols.Len())
	seen, first := map[string]bool{}, map[ID]bool{}
	structural := r.Len() != in.cols.Len()
	for pos := range want {
		id := r.ID(pos)
		old, _, _ := r.At(pos)
		if key := seriesOf(r.store.Line(id)); seen[key] {
			dups = append(dups, uint32(pos))
		} else {
			seen[key], first[id] = true, true
		}
		structural = structural || old != pos
		if old < 0 {
			changed = append(changed, uint32(pos))
			continue
		}
		require.False(t, used[old], "one old position, one new")
		used[old] = true
		was := in.was[old]
		require.Equal(t, seriesOf(r.store.Line(in.cols.ID(old))), seriesOf(r.store.Line(id)), "the same series")
		require.Equal(t, was.typ, want[pos].typ)
		renamed := in.cols.ID(old) != id
		structural = structural || renamed
		if was.bits != want[pos].bits || was.time != want[pos].time || in.cols.Start(old) != r.Start(pos) ||
			was.native != want[pos].native || want[pos].native != "" && (renamed || slices.Contains(r.Changed(), uint32(pos))) {
			// one histogram may be written in two ways
			changed = append(changed, uint32(pos))
		}
	}
	for old, u := range used {
		if !u {
			gone = append(gone, uint32(old))
			duplicate := slices.Contains(in.cols.Duplicates(), uint32(old))
			require.False(t, first[in.cols.ID(old)] && !duplicate, "a line that is there is not gone")
		}
	}
	require.True(t, slices.Equal(changed, r.Changed()), "changed: %v, want %v", r.Changed(), changed)
	require.True(t, slices.Equal(gone, r.Gone()), "gone: %v, want %v", r.Gone(), gone)
	require.True(t, slices.Equal(dups, r.Duplicates()), "dups: %v, want %v", r.Duplicates(), dups)
	require.Equal(t, structural, r.Structural())
}

// seriesOf names the series of a line, whatever words it is written in.
func seriesOf(l *Line) string {
	return fmt.Sprint(l.Role == Native, l.Labels().WithoutEmpty())
}

func checkPosition(t testing.TB, body []byte, contentType string, err error) {
	t.Helper()
	var at *Error
	require.ErrorAs(t, err, &at)
	require.True(t, 0 <= at.Offset && at.Offset <= len(body), "%+v", at)
	if strings.HasPrefix(contentType, protobufType) {
		require.Zero(t, at.Line)
		return
	}
	line, column := 1, 1
	for _, c := range body[:at.Offset] {
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	assert.Equal(t, line, at.Line)
	assert.Equal(t, column, at.Column)
	assert.LessOrEqual(t, len(at.Text), maxText+2*len("…"))
	assert.Less(t, len(at.Error()), 1000)
}
