package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// readDashboard returns the expressions of a JSON document: each text with the
// key expr, and the title of the nearest object around it that has one.
func readDashboard(text []byte) ([]source, error) {
	r := &dashboard{d: json.NewDecoder(bytes.NewReader(text)), text: text}
	r.d.UseNumber()
	if err := r.value("", "", 0); err != nil {
		return nil, err
	}
	if _, err := r.d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: more than one JSON value", r.line())
	}
	return r.found, nil
}

// dashboard walks the tokens of a document, as only they have positions.
type dashboard struct {
	d     *json.Decoder
	text  []byte
	found []source
	// 0 ≤ counted ≤ len(text), and lines are the line breaks before it.
	counted, lines int
}

// line returns the line at which the latest token ends.
func (r *dashboard) line() int {
	end := min(int(r.d.InputOffset()), len(r.text))
	r.lines += bytes.Count(r.text[r.counted:end], []byte("\n"))
	r.counted = end
	return r.lines + 1
}

// value reads one value; key is the one it stands under.
func (r *dashboard) value(key, title string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("line %d: nested more than %d deep", r.line(), maxDepth)
	}
	t, err := r.d.Token()
	if err != nil {
		return fmt.Errorf("line %d: %w", r.line(), err)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return r.array(title, depth)
		}
		return r.object(title, depth)
	case string:
		if key == "expr" && t != "" {
			r.found = append(r.found, source{Line: r.line(), Text: t, Title: title})
		}
	}
	return nil
}

func (r *dashboard) array(title string, depth int) error {
	for r.d.More() {
		if err := r.value("", title, depth+1); err != nil {
			return err
		}
	}
	_, err := r.d.Token()
	return err
}

// object reads the members of an object. Its own title may come last, so it is
// put on what was found in it afterwards.
func (r *dashboard) object(title string, depth int) error {
	first, own := len(r.found), ""
	for r.d.More() {
		key, err := r.d.Token()
		if err != nil {
			return err
		}
		if key == "title" {
			t, err := r.d.Token()
			if err != nil {
				return err
			}
			if s, ok := t.(string); ok {
				own = s
			} else if d, ok := t.(json.Delim); ok {
				if err := r.skip(d); err != nil {
					return err
				}
			}
			continue
		}
		k, _ := key.(string)
		if err := r.value(k, "", depth+1); err != nil {
			return err
		}
	}
	if own == "" {
		own = title
	}
	for i := range r.found[first:] {
		if s := &r.found[first+i]; s.Title == "" {
			s.Title = own
		}
	}
	_, err := r.d.Token()
	return err
}

// skip reads to the end of an array or object of which d is the beginning.
func (r *dashboard) skip(json.Delim) error {
	for depth := 1; depth > 0; {
		t, err := r.d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}
