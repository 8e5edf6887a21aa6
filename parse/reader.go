package parse

import (
	"iter"
	"net/http"
	"strings"

	"github.com/promfold/promfold/internal/lines"
)

// Reader reads successive bodies of one target at the cost of what changed. The
// zero value is ready. Set Options and Keep before the first Read. One goroutine
// may use a Reader at a time, and it must not be copied after the first Read.
type Reader struct {
	Options Options
	// Keep selects the families to read; nil selects all. It is called once for
	// each family that appears. What is wrong in another family is an error
	// still.
	Keep func(*Family) bool

	store   *lines.Store // nil until the first Read
	engine  *lines.Reader
	columns lines.Columns
	unpack  lines.Decompressor
	latest  tracker
}

// Read reads the next body. The header may be nil; see [Samples]. The body may
// be reused after the call. The error is an [*Error]; after it the reader holds
// the body before.
func (r *Reader) Read(header http.Header, body []byte) error {
	if r.store == nil {
		r.store = lines.NewStore()
		r.store.Relabel = r.Options.Relabel
		r.engine = lines.NewReader(r.store, r.Options.limits())
		r.latest = tracker{
			engine: r.engine, exemplars: r.Options.IncludeExemplars,
			lines: lineTable{store: r.store, join: r.Options.JoinBuckets, keep: r.Keep},
		}
	}
	body, err := r.unpack.Body(body, contentEncoding(header), r.Options.MaxBody)
	if err != nil {
		return publicError(err)
	}
	err = r.read(body, header.Get("Content-Type"))
	r.sweep()
	return publicError(err)
}

func (r *Reader) read(body []byte, contentType string) error {
	if err := r.engine.Read(&r.columns, body, contentType); err != nil {
		return err
	}
	var exemplars []lines.Exemplar
	if r.Options.IncludeExemplars {
		var err error
		if exemplars, err = lines.Exemplars(body, contentType, r.Options.limits()); err != nil {
			r.engine.Discard()
			return err
		}
	}
	r.latest.update(exemplars)
	r.engine.Commit(&r.columns)
	return nil
}

// sweep frees the lines of earlier bodies once they are more than those of the
// latest one.
func (r *Reader) sweep() {
	if r.store.Len() > 2*r.columns.Len()+1024 {
		r.latest.lines.forget(r.store.Sweep())
	}
}

func contentEncoding(header http.Header) string {
	return strings.Join(header.Values("Content-Encoding"), ",")
}

// Samples yields the samples of the latest body in its order. They are valid
// until the next Read.
func (r *Reader) Samples() iter.Seq[*Sample] {
	return func(yield func(*Sample) bool) {
		for i := range r.latest.now.samples {
			if !yield(&r.latest.now.samples[i]) {
				return
			}
		}
	}
}

// Changed yields those that are new or differ from the body before, in the order
// of the latest body.
func (r *Reader) Changed() iter.Seq[*Sample] {
	return r.latest.now.at(&r.latest.changed)
}

// Gone yields the samples of the body before that the latest one lacks, in the
// order of the body before. A series is known by its labels.
func (r *Reader) Gone() iter.Seq[*Sample] {
	return r.latest.before.at(&r.latest.gone)
}
