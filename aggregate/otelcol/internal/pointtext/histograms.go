package pointtext

import (
	"fmt"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

func readClassic(p pmetric.HistogramDataPoint, value []string) error {
	before := uint64(0)
	for _, field := range value {
		key, text, _ := strings.Cut(field, "=")
		switch key {
		case "n":
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return err
			}
			p.SetCount(n)
		case "sum":
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return err
			}
			p.SetSum(x)
		case "min", "max", "ex":
			if err := readExtra(p, key, text); err != nil {
				return err
			}
		case "stale":
			return nil
		default:
			var bound float64
			var n uint64
			if _, err := fmt.Sscanf(field, "%g:%d", &bound, &n); err != nil {
				return err
			}
			p.ExplicitBounds().Append(bound)
			p.BucketCounts().Append(n - before)
			before = n
		}
	}
	p.BucketCounts().Append(p.Count() - before)
	return nil
}

func readExponential(p pmetric.ExponentialHistogramDataPoint, value []string) error {
	for _, field := range value {
		key, text, _ := strings.Cut(field, "=")
		x, err := strconv.ParseFloat(text, 64)
		switch key {
		case "n":
			p.SetCount(uint64(x))
		case "sum":
			p.SetSum(x)
		case "min", "max", "ex":
			err = readExtra(p, key, text)
		case "scale":
			p.SetScale(int32(x))
		case "zero":
			p.SetZeroCount(uint64(x))
		case "threshold":
			p.SetZeroThreshold(x)
		case "pos":
			err = readBuckets(p.Positive(), text)
		case "neg":
			err = readBuckets(p.Negative(), text)
		case "stale":
			err = nil
		default:
			err = fmt.Errorf("unknown field %s", field)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readBuckets(b pmetric.ExponentialHistogramDataPointBuckets, text string) error {
	offset, counts, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(offset, 10, 32)
	if err != nil {
		return err
	}
	b.SetOffset(int32(n))
	for count := range strings.SplitSeq(counts, ",") {
		n, err := strconv.ParseUint(count, 10, 64)
		if err != nil {
			return err
		}
		b.BucketCounts().Append(n)
	}
	return nil
}

func readSummary(p pmetric.SummaryDataPoint, value []string) error {
	for _, field := range value {
		key, text, _ := strings.Cut(field, "=")
		x, err := strconv.ParseFloat(text, 64)
		switch {
		case key == "stale":
			return nil
		case err != nil:
			return err
		case key == "n":
			p.SetCount(uint64(x))
		case key == "sum":
			p.SetSum(x)
		default:
			phi, err := strconv.ParseFloat(strings.TrimPrefix(key, "q"), 64)
			if err != nil {
				return err
			}
			q := p.QuantileValues().AppendEmpty()
			q.SetQuantile(phi)
			q.SetValue(x)
		}
	}
	return nil
}

// A histogram's point has extremes and exemplars.
type extras interface {
	SetMin(float64)
	SetMax(float64)
	Exemplars() pmetric.ExemplarSlice
}

func readExtra(p extras, key, text string) error {
	x, err := strconv.ParseFloat(text, 64)
	switch key {
	case "min":
		p.SetMin(x)
	case "max":
		p.SetMax(x)
	default:
		p.Exemplars().AppendEmpty().SetDoubleValue(x)
	}
	return err
}
