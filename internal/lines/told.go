package lines

import (
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Of most lines of a fleet nobody asks for the labels: no view is of their metric.
// A plain text has them, so they are built when somebody asks. To build them all
// took a third of a first read, and as much memory as the texts.

// told is what a line refers to once somebody asked for its labels.
type told struct {
	labels labels.Labels
	object atomic.Uint64 // see Line.objectHash
}

// Labels returns the labels with __name__. They are built once.
func (l *Line) Labels() labels.Labels { return l.tell().labels }

func (l *Line) tell() *told {
	if t := l.told.Load(); t != nil {
		return t
	}
	p := plain{labels: make([]plainLabel, 0, usualLabels)}
	p.builder = labels.NewScratchBuilder(usualLabels)
	p.read(unsafe.Slice(unsafe.StringData(*l.text), len(*l.text)), len(l.Name))
	t := &told{labels: p.set(uint32(l.plain - 1))}
	if !l.told.CompareAndSwap(nil, t) {
		return l.told.Load()
	}
	l.held.Add(l.bytes())
	return t
}

// Label returns the value of a label, empty if there is none. It builds no labels.
func (l *Line) Label(name string) string {
	if t := l.told.Load(); t != nil {
		return t.labels.Get(name)
	}
	if name == model.MetricNameLabel || name == labels.BucketLabel || name == model.QuantileLabel {
		return l.Labels().Get(name) // bounds may be written in another way
	}
	text := (*l.text)[len(l.Name):]
	for len(text) > 1 {
		text = text[1:] // a brace or comma
		value := text[strings.IndexByte(text, '"')+1:]
		end := strings.IndexByte(value, '"')
		if strings.HasPrefix(text, name) && text[len(name)] == '=' {
			return value[:end]
		}
		if text = value[end+1:]; text[0] == '}' {
			break
		}
	}
	return ""
}

// Beside reports whether two lines are known to be buckets of one histogram: they
// differ in le alone, which is written last.
func (l *Line) Beside(o *Line) bool {
	if l.Role != Bucket || o.Role != Bucket || l.plain == 0 || l.plain != o.plain || l.Family != o.Family || l.in != o.in {
		return false
	}
	a, b := upToBound(*l.text), upToBound(*o.text)
	return a > 0 && a == b && (*l.text)[:a] == (*o.text)[:b]
}

// upToBound returns where the value of le begins in a plain text whose last label it
// is, else 0.
func upToBound(text string) int {
	const end, le = `"} `, labels.BucketLabel + `=`
	if !strings.HasSuffix(text, end) {
		return 0
	}
	text = text[:len(text)-len(end)]
	at := strings.LastIndexByte(text, '"')
	if at < 0 || !strings.HasSuffix(text[:at], le) {
		return 0
	}
	if c := text[at-len(le)-1]; c != ',' && c != '{' {
		return 0
	}
	return at + 1
}

// usualLabels is about how many labels a line has.
const usualLabels = 16

// bytes returns the memory of what the line refers to and no other line does.
func (l *Line) bytes() int64 {
	t := l.told.Load()
	if t == nil {
		return 0
	}
	return int64(unsafe.Sizeof(*t)) + int64(t.labels.ByteSize())
}
