package parse_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/parse"
)

func ExampleSamples() {
	body := []byte(`# HELP jobs_total Jobs done.
# TYPE jobs_total counter
jobs_total{queue="mail"} 12
jobs_total{queue="print"} 7
`)
	samples, err := parse.Samples(http.Header{"Content-Type": {"text/plain; version=0.0.4"}}, body)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range samples {
		fmt.Println(s.Labels, s.Family.Type, s.Family.Help, s.Value)
	}
	// Output:
	// {__name__="jobs_total", queue="mail"} counter Jobs done. 12
	// {__name__="jobs_total", queue="print"} counter Jobs done. 7
}

// What to ask a target for, and what its answer holds.
func ExampleRole() {
	request, err := http.NewRequest("GET", "http://10.0.0.7:8080/metrics", nil)
	if err != nil {
		return
	}
	request.Header.Set("Accept", parse.Accept) // or parse.AcceptText, without native histograms
	request.Header.Set("Accept-Encoding", parse.AcceptEncoding)

	samples, err := parse.Samples(nil, []byte(`# TYPE x summary
x{quantile="0.5"} 3
x_sum 9
x_count 3
# TYPE y histogram
y_bucket{le="1"} 1
# TYPE z gauge
z 1
`))
	if err != nil {
		return
	}
	for _, s := range samples {
		switch s.Role {
		case parse.Quantile:
			fmt.Println("the", s.Bound, "quantile of", s.Family.Name, "is", s.Value)
		case parse.Bucket:
			fmt.Println(s.Value, "observations of", s.Family.Name, "up to", s.Bound)
		case parse.Count, parse.Sum, parse.Value, parse.Created:
			fmt.Println(s.Name, "is the", s.Role, "of", s.Family.Name)
		}
	}
	// Output:
	// the 0.5 quantile of x is 3
	// x_sum is the sum of x
	// x_count is the count of x
	// 1 observations of y up to 1
	// z is the value of z
}

// A reader of one target, which wants two families of each body.
func ExampleReader() {
	reader := parse.Reader{
		Options: parse.Options{JoinBuckets: true},
		Keep:    func(f *parse.Family) bool { return f.Name == "wait_seconds" || f.Type == model.MetricTypeGauge },
	}
	for _, body := range []string{
		"# TYPE wait_seconds histogram\nwait_seconds_bucket{le=\"0.1\"} 2\nwait_seconds_bucket{le=\"+Inf\"} 3\nwait_seconds_sum 0.5\nwait_seconds_count 3\n" +
			"# TYPE queue gauge\nqueue 4\n# TYPE reload gauge\nreload 1\n# TYPE other_total counter\nother_total 1\n",
		"# TYPE wait_seconds histogram\nwait_seconds_bucket{le=\"0.1\"} 2\nwait_seconds_bucket{le=\"+Inf\"} 4\nwait_seconds_sum 1.5\nwait_seconds_count 4\n" +
			"# TYPE queue gauge\nqueue 4\n# TYPE other_total counter\nother_total 9\n",
	} {
		if err := reader.Read(nil, []byte(body)); err != nil {
			fmt.Println(err)
			return
		}
		for s := range reader.Changed() {
			if s.Role == parse.Histogram {
				fmt.Println("changed:", s.Name, s.Histogram.Bounds, s.Histogram.Counts, s.Histogram.Sum)
			} else {
				fmt.Println("changed:", s.Name, s.Value)
			}
		}
		for s := range reader.Gone() {
			fmt.Println("gone:", s.Name)
		}
	}
	for s := range reader.Samples() {
		fmt.Println("holds:", s.Name, s.Value)
	}
	// Output:
	// changed: wait_seconds [0.1 +Inf] [2 3] 0.5
	// changed: queue 4
	// changed: reload 1
	// changed: wait_seconds [0.1 +Inf] [2 4] 1.5
	// gone: reload
	// holds: wait_seconds 4
	// holds: queue 4
}

func ExampleError() {
	_, err := parse.Samples(nil, []byte("up 1\n<html>Service Unavailable</html>\n"))
	var at *parse.Error
	if errors.As(err, &at) {
		fmt.Println(at.Line, at.Column, at.Offset)
		fmt.Println(at)
		fmt.Println("the line:", at.Text)
	}
	_, err = parse.Samples(http.Header{"Content-Type": {"text/html"}}, nil)
	fmt.Println(errors.Is(err, errors.ErrUnsupported), err)

	small := parse.Reader{Options: parse.Options{MaxLines: 1}}
	err = small.Read(nil, []byte("a 1\nb 2\n"))
	fmt.Println(errors.Is(err, parse.ErrLimit), err)
	// Output:
	// 2 1 5
	// line 2, column 1: expected a valid start token, got "<" ("INVALID"): "<html>Service Unavailable</html>"
	// the line: <html>Service Unavailable</html>
	// true unsupported content type "text/html"
	// true line 2, column 1: body exceeds a limit: more than 1 lines: "b 2"
}
