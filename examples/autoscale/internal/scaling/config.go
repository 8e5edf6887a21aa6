package scaling

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config is the file that says what there is to scale by.
type Config struct {
	Interval time.Duration // between scrapes; default 5 s
	Targets  []string      // URLs of the instances
	Files    []string      // or files of Prometheus' file_sd
	Metrics  []Metric
}

// Metric is one number.
type Metric struct {
	Name    string
	Select  string        // a PromQL vector selector
	By      []string      // labels: one number for each of their values
	ScaleBy ScaleBy       `yaml:"scaleBy"`
	Window  time.Duration // default 1 min

	External  bool    // the instances show what something else counts, such as a kernel
	Combine   string  // of gauges, what the instances' values make: sum (default), max, min, mean
	Quantile  float64 // of worstQuantile; default 0.99
	Threshold float64 // of shareOver
	Limit     string  // of saturation: selects the limit, inside each instance

	Coverage   float64 // how much of the fleet must answer; default 0.9
	Target     float64 // that one replica should have, for KEDA
	Activation float64 // above it there is something to do, for KEDA

	Object *Object // what it is about, for custom.metrics.k8s.io
}

// Object is the Kubernetes object that a metric is about, or the objects.
type Object struct {
	APIVersion string `yaml:"apiVersion"` // default v1
	Kind       string

	Namespace, Name string // the one that all of the fleet is; or
	NamespaceLabel  string `yaml:"namespaceLabel"` // the labels that say which one
	NameLabel       string `yaml:"nameLabel"`
}

// covers returns how long the number of a metric looks back.
func (m *Metric) covers() time.Duration {
	if m.ScaleBy == Saturation {
		return 0
	}
	return m.Window
}

// ScaleBy says which number of a metric counts.
type ScaleBy string

// The ways to scale.
const (
	Rate          ScaleBy = "rate"          // of a counter, of the instances that live now
	Largest       ScaleBy = "largest"       // of a gauge, in the window
	Mean          ScaleBy = "mean"          // of a gauge, over the window
	WorstQuantile ScaleBy = "worstQuantile" // of a histogram, of the worst instance
	ShareOver     ScaleBy = "shareOver"     // of a histogram, the share above the threshold
	Saturation    ScaleBy = "saturation"    // of a gauge, the share of its limit at the fullest instance
)

// maxFile is how many bytes of a file are read. A device has no end.
const maxFile = 16 << 20

// Read reads a file in YAML. An unknown field is an error.
func Read(r io.Reader) (Config, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return Config{}, err
	}
	if len(text) > maxFile {
		return Config{}, fmt.Errorf("larger than %d bytes", maxFile)
	}
	var c Config
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		return Config{}, err
	}
	if err := d.Decode(new(yaml.Node)); err != io.EOF {
		return Config{}, errors.New("more than one document")
	}
	return c, c.complete()
}

// complete sets the defaults and checks the rest.
func (c *Config) complete() error {
	if c.Interval == 0 {
		c.Interval = 5 * time.Second
	}
	if c.Interval < 0 {
		return errors.New("interval is negative")
	}
	seen := map[string]bool{}
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if m.Name == "" || seen[m.Name] {
			return fmt.Errorf("metric %d: a name of its own is missing", i+1)
		}
		seen[m.Name] = true
		if m.Window == 0 {
			m.Window = time.Minute
		}
		if m.Quantile == 0 {
			m.Quantile = 0.99
		}
		if m.Coverage == 0 {
			m.Coverage = 0.9
		}
		switch {
		case m.Window < 0:
			return fmt.Errorf("%s: window is negative", m.Name)
		case !isShare(m.Quantile) || !isShare(m.Coverage):
			return fmt.Errorf("%s: quantile and coverage are shares", m.Name)
		case !(m.Target >= 0) || !(m.Activation >= 0):
			return fmt.Errorf("%s: target and activation are not negative", m.Name)
		case math.IsNaN(m.Threshold):
			return fmt.Errorf("%s: threshold is a number", m.Name)
		case m.ScaleBy == Saturation && m.Limit == "":
			return fmt.Errorf("%s: saturation needs a limit", m.Name)
		}
		if err := m.describe(); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

// isShare reports whether x is a number from 0 to 1; NaN is none.
func isShare(x float64) bool { return x >= 0 && x <= 1 }

// describe checks the object, and groups by the labels that name it.
func (m *Metric) describe() error {
	o := m.Object
	if o == nil {
		return nil
	}
	if o.APIVersion == "" {
		o.APIVersion = "v1"
	}
	switch {
	case o.Kind == "":
		return errors.New("object needs a kind")
	case (o.Name == "") == (o.NameLabel == ""):
		return errors.New("object needs a name or a nameLabel")
	case o.Namespace != "" && o.NamespaceLabel != "":
		return errors.New("object has a namespace or a namespaceLabel")
	}
	for _, name := range []string{o.NamespaceLabel, o.NameLabel} {
		if name != "" && !slices.Contains(m.By, name) {
			m.By = append(m.By, name)
		}
	}
	return nil
}
