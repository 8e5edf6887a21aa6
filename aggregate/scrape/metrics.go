package scrape

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// metrics are what a scraper counts of itself.
type metrics struct {
	*prometheus.Registry
	duration, size   prometheus.Histogram
	failures         *prometheus.CounterVec
	targets          prometheus.Gauge
	skipped, sources prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		Registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "promfold_scrape_duration_seconds", Help: "Time from a request to the end of its body, of failed ones too.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "promfold_scrape_body_bytes", Help: "Size of bodies as they were sent.",
			Buckets: prometheus.ExponentialBuckets(1<<10, 4, 9),
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "promfold_scrape_failures_total", Help: "Scrapes that failed, by reason.",
		}, []string{"reason"}),
		targets: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "promfold_scrape_targets", Help: "Targets of all sources, without those that rules drop.",
		}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "promfold_scrapes_skipped_total", Help: "Intervals in which a target was not scraped, since its scrape before was under way or had to wait.",
		}),
		sources: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "promfold_scrape_source_failures_total", Help: "Failures of sources.",
		}),
	}
	m.MustRegister(m.duration, m.size, m.failures, m.targets, m.skipped, m.sources)
	return m
}

func (m *metrics) fetched(took time.Duration, size int, err error) {
	m.duration.Observe(took.Seconds())
	if err == nil {
		m.size.Observe(float64(size))
	}
}

// reason returns a word for an error, for a label.
func reason(err error) string {
	var (
		late   interface{ Timeout() bool }
		status *StatusError
		body   *parse.Error
		name   *net.DNSError
		trust  *tls.CertificateVerificationError
		alert  tls.AlertError
		record tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &name):
		return "dns"
	case errors.As(err, &late) && late.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.As(err, &status):
		return "status"
	case errors.Is(err, errRedirect):
		return "redirect"
	case errors.Is(err, parse.ErrLimit), errors.Is(err, aggregate.ErrLimit):
		return "limit"
	case errors.Is(err, aggregate.ErrLate), errors.Is(err, aggregate.ErrConflict):
		return "late"
	case errors.As(err, &body):
		return "body"
	case errors.As(err, &trust), errors.As(err, &alert), errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "tls"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		return "reset"
	}
	return "other"
}
