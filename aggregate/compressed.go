package aggregate

import "github.com/promfold/promfold/internal/lines"

// takePacked undoes the Content-Encoding of a scrape's body, whose size is
// bounded once it is unpacked too, and takes it in.
func (f *Fleet) takePacked(sc Scrape, encoding string) (Report, error) {
	d := f.decompressor()
	defer func() {
		f.names.Lock()
		f.decompressors = append(f.decompressors, d)
		f.names.Unlock()
	}()
	body, err := d.Body(sc.Body, encoding, f.cfg.Limits.Body)
	if err != nil {
		return Report{}, err
	}
	sc.Body = body
	return f.takeBody(sc)
}

// decompressor is one that nobody uses at present.
func (f *Fleet) decompressor() *lines.Decompressor {
	f.names.Lock()
	defer f.names.Unlock()
	n := len(f.decompressors)
	if n == 0 {
		return new(lines.Decompressor)
	}
	d := f.decompressors[n-1]
	f.decompressors = f.decompressors[:n-1]
	return d
}
