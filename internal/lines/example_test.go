package lines_test

import (
	"errors"
	"fmt"

	"github.com/promfold/promfold/internal/lines"
)

func ExampleSamples() {
	body := []byte(`# HELP jobs_total Jobs done.
# TYPE jobs_total counter
jobs_total{queue="mail"} 12
jobs_total{queue="print"} 7
`)
	samples, err := lines.Samples(body, "text/plain; version=0.0.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range samples {
		fmt.Println(s.Labels, s.Family.Type, s.Value)
	}
	// Output:
	// {__name__="jobs_total", queue="mail"} counter 12
	// {__name__="jobs_total", queue="print"} counter 7
}

func ExampleReader() {
	store := lines.NewStore()                        // one for a fleet
	reader := lines.NewReader(store, lines.Limits{}) // one for each worker
	var columns lines.Columns                        // one for each instance
	for _, body := range []string{
		"# TYPE jobs_total counter\njobs_total{queue=\"mail\"} 12\njobs_total{queue=\"print\"} 7\n",
		"# TYPE jobs_total counter\njobs_total{queue=\"mail\"} 15\njobs_total{queue=\"print\"} 7\n",
	} {
		if err := reader.Read(&columns, []byte(body), ""); err != nil {
			fmt.Println(err)
			return
		}
		for _, pos := range reader.Changed() {
			id := reader.ID(int(pos))
			old, value, _ := reader.At(int(pos))
			if old < 0 {
				fmt.Println(store.Line(id).Labels(), "is", value)
			} else {
				fmt.Println(store.Line(id).Labels(), "was", columns.Value(old), "and is", value)
			}
		}
		reader.Commit(&columns)
	}
	// Output:
	// {__name__="jobs_total", queue="mail"} is 12
	// {__name__="jobs_total", queue="print"} is 7
	// {__name__="jobs_total", queue="mail"} was 12 and is 15
}

func ExampleError() {
	_, err := lines.Samples([]byte("up 1\n<html>Service Unavailable</html>\n"), "")
	var at *lines.Error
	if errors.As(err, &at) {
		fmt.Println(at.Line, at.Column, at.Offset)
		fmt.Println(at)
	}
	// Output:
	// 2 1 5
	// line 2, column 1: expected a valid start token, got "<" ("INVALID"): "<html>Service Unavailable</html>"
}
