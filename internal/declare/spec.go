package declare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/selector"
)

// TotalsAlone, as a window, keeps totals and the latest step, and no history.
const TotalsAlone time.Duration = -1

// Spec is a view as a fleet keeps it.
type Spec struct {
	selector.Selector
	Kind        growth.Kind
	Role        Role
	By, Without []string
	Owner       judge.Owner
	BoundBirths bool
	WrapBits    uint8
	Window      time.Duration // 0: the fleet's; or TotalsAlone
	Type        model.MetricType
	Signed      bool
	Combine     gauge.Combine
	Within      gauge.Combine
	Sentinels   []float64
}

// Role is what a view is needed for.
type Role uint8

// The roles.
const (
	Declared    Role = iota // a program declared it
	Electoral               // says who leads; the election is named in the body
	Limiting                // is the limit of another one
	Unmergeable             // selects what has no sum over instances: series without a type, quantiles of summaries
)

// Single reports whether the view always has exactly one group.
func (s *Spec) Single() bool { return len(s.By) == 0 && len(s.Without) == 0 && !s.Every() }

// InInstance returns how the lines of one instance make its value.
func (s *Spec) InInstance() gauge.Combine {
	if s.Within != 0 {
		return s.Within
	}
	return s.Combine.Within()
}

// Selection returns which lines the view wants and how it groups them.
func (s *Spec) Selection(c *Catalogue) growth.Selection {
	x := growth.Selection{
		Kind: s.Kind, Metric: s.Metric, Every: s.Every(), Loose: s.Role == Unmergeable, Type: s.Type, Where: s.Where, By: s.By, Without: s.Without,
		Rules: judge.Rules{Owner: s.Owner, BoundBirths: s.BoundBirths, WrapBits: s.WrapBits}, Body: s.Role == Electoral,
	}
	if c != nil && s.Role != Electoral {
		x.Known = c.knows
	}
	return x
}

// Key says what decides which rows the view keeps: two views of one key are the
// same.
func (s *Spec) Key() string {
	past := ""
	if s.Kind == growth.Gauge && s.Window > 0 {
		past = fmt.Sprint(s.InInstance(), s.Sentinels)
	}
	x := s.Selection(nil)
	return kept.Key(&x, uint8(s.Role), s.Signed, past)
}

// String returns the selector and the grouping.
func (s *Spec) String() string {
	text := s.Selector.String()
	if len(s.By) > 0 {
		text += fmt.Sprintf(" by (%s)", strings.Join(s.By, ", "))
	}
	if len(s.Without) > 0 {
		text += fmt.Sprintf(" without (%s)", strings.Join(s.Without, ", "))
	}
	return text
}

// specOf reads and checks a view, and returns it with what the catalogue knows.
func specOf(v View, k growth.Kind, c *Catalogue) (Spec, View, error) {
	sel, err := parse(v.Select)
	if err != nil {
		return Spec{}, v, err
	}
	v = c.completed(v, &sel, k)
	if err := v.validate(k, &sel); err != nil {
		return Spec{}, v, err
	}
	s := Spec{
		Selector: sel, Kind: k, By: slices.Clone(v.By), Without: slices.Clone(v.Without), Owner: judge.Owner(v.Owner), BoundBirths: v.BoundBirths,
		WrapBits: v.WrapBits, Window: v.Window, Type: v.Type, Signed: v.Signed, Combine: v.Combine, Within: v.Within, Sentinels: slices.Clone(v.Sentinels),
	}
	if v.ByAllLabels {
		s.Without = []string{""} // as "without ()"
	}
	if v.TotalsOnly || k == AllKinds {
		s.Window = TotalsAlone
	}
	return s, v, nil
}
