package declare

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/selector"
)

var errView = errors.New("invalid view")

// AllKinds is the kind of a view of all kinds.
const AllKinds growth.Kind = 3

// View is what a program says, as aggregate.View, which has the meaning of each
// field.
type View struct {
	Select      string
	By, Without []string
	ByAllLabels bool

	Window     time.Duration
	TotalsOnly bool
	Type       model.MetricType

	Owner       counter.Owner
	BoundBirths bool
	WrapBits    uint8
	Signed      bool

	Combine, Within gauge.Combine
	Leader, Limit   string
	Sentinels       []float64
}

func (v *View) validate(k growth.Kind, sel *selector.Selector) error {
	if field := v.misfit(k); field != "" {
		kind := k.String()
		if k == AllKinds {
			kind = "view of everything"
		}
		return fmt.Errorf("%w: %s does not fit a %s", errView, field, kind)
	}
	groupings := 0
	for _, given := range []bool{len(v.By) > 0, len(v.Without) > 0, v.ByAllLabels} {
		if given {
			groupings++
		}
	}
	le := func(name string) bool { return name == labels.BucketLabel }
	switch {
	case k != growth.Counter && k != growth.Gauge && (slices.ContainsFunc(v.By, le) ||
		slices.ContainsFunc(sel.Where, func(m *labels.Matcher) bool { return le(m.Name) })):
		return fmt.Errorf("%w: le belongs to the buckets of a histogram, which are one object", errView)
	case sel.Every() && v.Type != "":
		return fmt.Errorf("%w: a Type for all families", errView)
	case groupings > 1:
		return fmt.Errorf("%w: By, Without and ByAllLabels exclude each other", errView)
	case v.Window < 0:
		return fmt.Errorf("%w: negative Window", errView)
	case v.Window > 0 && v.TotalsOnly:
		return fmt.Errorf("%w: Window and TotalsOnly exclude each other", errView)
	case v.Combine > gauge.Mean:
		return fmt.Errorf("%w: %s", errView, v.Combine)
	case v.WrapBits > 64:
		return fmt.Errorf("%w: WrapBits %d above 64", errView, v.WrapBits)
	case v.Within != 0 && !v.Within.Inside():
		return fmt.Errorf("%w: Within %s", errView, v.Within)
	case v.Owner > counter.External:
		return fmt.Errorf("%w: %s", errView, v.Owner)
	case v.Leader != "" && v.Combine != gauge.Leader:
		return fmt.Errorf("%w: Leader without Combine Leader", errView)
	case v.Limit != "" && v.Window != 0:
		return fmt.Errorf("%w: shares of a limit have no Window", errView)
	case v.Limit != "" && v.Combine != 0 && v.Combine != gauge.Max && v.Combine != gauge.Min:
		return fmt.Errorf("%w: shares of a limit have no %s", errView, v.Combine)
	}
	return nil
}

// misfit names a field that is set and does not fit the kind.
func (v *View) misfit(k growth.Kind) string {
	const c, g, h, e = 1 << growth.Counter, 1 << growth.Gauge, 1 << growth.Histogram, 1 << AllKinds
	for _, x := range []struct {
		field string
		set   bool
		fits  int
	}{
		{"Window", v.Window != 0, c | g | h},
		{"TotalsOnly", v.TotalsOnly, c | h | e},
		{"Type", v.Type != "", c | g | h},
		{"Owner", v.Owner != 0, c | h | e},
		{"BoundBirths", v.BoundBirths, c | h | e},
		{"WrapBits", v.WrapBits != 0, c},
		{"Signed", v.Signed, h | e},
		{"Combine", v.Combine != 0, g | e},
		{"Combine " + v.Combine.String(), v.Combine == gauge.Leader || v.Combine == gauge.Distinct, g},
		{"Within", v.Within != 0, g | e},
		{"Leader", v.Leader != "", g},
		{"Limit", v.Limit != "", g},
		{"Sentinels", v.Sentinels != nil, g | e},
	} {
		if x.set && x.fits&(1<<k) == 0 {
			return x.field
		}
	}
	return ""
}

// parse reads the selector of a view.
func parse(text string) (selector.Selector, error) {
	s, err := selector.Parse(text)
	if err != nil {
		return s, fmt.Errorf("%w: %w", errView, err)
	}
	return s, nil
}
