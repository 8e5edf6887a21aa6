package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	kube "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/client-go/metadata"

	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

// metrics is what both APIs answer with.
type metrics struct {
	set     *scaling.Set
	objects metadata.Interface // nil without a cluster
	now     func() time.Time
}

// refused turns the reason why there is no number into what a client is told. It
// is never an empty answer, which an autoscaler may take for 0.
func refused(err error) error {
	switch {
	case errors.Is(err, scaling.ErrNoMetric):
		s := apierrors.NewNotFound(schema.GroupResource{}, "")
		s.ErrStatus.Message = err.Error()
		return s
	case errors.Is(err, scaling.ErrSeveral):
		return apierrors.NewBadRequest(err.Error())
	}
	return apierrors.NewServiceUnavailable(err.Error())
}

// quantity returns a number as one of Kubernetes', which has whole nanos, or
// whole larger units where it is large. Bounds are rounded outwards.
func quantity(name string, x float64) (resource.Quantity, error) {
	round := math.Round
	switch {
	case strings.HasSuffix(name, ".lo"):
		round = math.Floor
	case strings.HasSuffix(name, ".hi"):
		round = math.Ceil
	}
	for scale := resource.Nano; scale <= 0; scale += 3 {
		if units := round(x * math.Pow10(-int(scale))); math.Abs(units) < 1<<63 { // NaN is not
			q := resource.NewScaledQuantity(int64(units), scale)
			q.Format = resource.DecimalSI
			return *q, nil
		}
	}
	return resource.Quantity{}, apierrors.NewServiceUnavailable(fmt.Sprintf("%s: %v is beyond what a quantity holds", name, x))
}

// seconds returns a window as the APIs have it: 0 says that the number is one of
// a moment.
func seconds(d time.Duration) *int64 {
	s := int64(math.Round(d.Seconds()))
	return &s
}

// matchers returns a selector of Kubernetes' as what groups have to match.
func matchers(s kube.Selector) ([]*labels.Matcher, error) {
	if s == nil {
		return nil, nil
	}
	requirements, selectable := s.Requirements()
	if !selectable {
		return nil, apierrors.NewBadRequest("the selector matches nothing")
	}
	var list []*labels.Matcher
	for _, r := range requirements {
		var values []string
		for v := range r.Values() {
			values = append(values, regexp.QuoteMeta(v))
		}
		kind, value := labels.MatchRegexp, strings.Join(values, "|")
		switch r.Operator() {
		case selection.In, selection.Equals, selection.DoubleEquals:
		case selection.NotIn, selection.NotEquals:
			kind = labels.MatchNotRegexp
		case selection.Exists:
			kind, value = labels.MatchNotEqual, ""
		case selection.DoesNotExist:
			kind, value = labels.MatchEqual, ""
		default:
			return nil, apierrors.NewBadRequest(fmt.Sprintf("a selector with %q is not known", r.Operator()))
		}
		m, err := labels.NewMatcher(kind, r.Key(), value)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		list = append(list, m)
	}
	return list, nil
}
