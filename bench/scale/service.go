package main

import (
	"fmt"
	"strconv"
)

// service is what all of its instances expose alike: of a hundred series 50 are
// buckets, sums and counts of histograms, 35 counters, 10 gauges, and 5 counters
// with a label that only one instance has.
type service struct {
	counters, gauges []string   // texts up to the value
	latencies        [][]string // of each histogram: buckets, sum, count
	own              int
}

const buckets = 12

var (
	methods = [...]string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	codes   = [...]string{"200", "201", "204", "301", "400", "403", "404", "409", "500", "503"}
)

func newService(series int) *service {
	s := &service{own: series / 20}
	for i := range series / 2 / (buckets + 2) {
		labels := fmt.Sprintf(`handler="/api/v1/resource-%d",method=%q,zone="zone-%c"`, i/len(methods), methods[i%len(methods)], 'a'+i%3)
		var lines []string
		for b := range buckets {
			le := strconv.FormatFloat(0.005*float64(int(1)<<b), 'g', -1, 64)
			if b == buckets-1 {
				le = "+Inf"
			}
			lines = append(lines, fmt.Sprintf("http_request_duration_seconds_bucket{%s,le=%q} ", labels, le))
		}
		s.latencies = append(s.latencies, append(lines, fmt.Sprintf("http_request_duration_seconds_sum{%s} ", labels),
			fmt.Sprintf("http_request_duration_seconds_count{%s} ", labels)))
	}
	for i := range series / 10 {
		s.gauges = append(s.gauges, fmt.Sprintf(`queue_length{priority="level-%d",queue="work-queue-%d"} `, i%4, i/4))
	}
	for i := range series - s.own - len(s.gauges) - len(s.latencies)*(buckets+2) - 1 {
		s.counters = append(s.counters, fmt.Sprintf(`http_requests_total{code=%q,handler="/api/v1/resource-%d",method=%q} `,
			codes[i%len(codes)], i/len(codes)/len(methods), methods[i/len(codes)%len(methods)]))
	}
	return s
}

// distinct returns how many different lines so many instances have.
func (s *service) distinct(instances int) int {
	return len(s.counters) + len(s.gauges) + len(s.latencies)*(buckets+2) + 1 + instances*s.own
}

// body appends what an instance exposes in a round.
func (s *service) body(b []byte, instance, round int) []byte {
	value := func(i int) uint64 { return mix(uint64(instance)<<32 | uint64(i)) }
	count := func(i int) uint64 {
		v := value(i)
		n := v % 1_000_000
		if i%4 == 0 {
			n += uint64(round) * (1 + v>>32%97)
		}
		return n
	}
	b = append(b, "# TYPE http_requests_total counter\n"...)
	for i, text := range s.counters {
		b = append(strconv.AppendUint(append(b, text...), count(i), 10), '\n')
	}
	b = append(b, "# TYPE http_request_duration_seconds histogram\n"...)
	for i, lines := range s.latencies {
		n := count(i)
		for j, text := range lines {
			b = append(b, text...)
			switch j {
			case buckets: // the sum
				b = strconv.AppendFloat(b, float64(n)*0.125, 'g', -1, 64)
			case buckets + 1:
				b = strconv.AppendUint(b, n, 10)
			default:
				b = strconv.AppendUint(b, n*uint64(j+1)/buckets, 10)
			}
			b = append(b, '\n')
		}
	}
	b = append(b, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds "...)
	b = append(strconv.AppendUint(b, 1_700_000_000+uint64(instance), 10), '\n')
	b = append(b, "# TYPE queue_length gauge\n"...)
	for i, text := range s.gauges {
		v := value(i) % 100
		if i%4 == 0 {
			v = (v + uint64(round)) % 100
		}
		b = append(strconv.AppendUint(append(b, text...), v, 10), '\n')
	}
	b = append(b, "# TYPE session_messages_total counter\n"...)
	for i := range s.own {
		b = append(b, `session_messages_total{direction="in",session="`...)
		b = strconv.AppendUint(b, value(1<<30+i), 16)
		b = append(strconv.AppendUint(append(b, `"} `...), count(i), 10), '\n')
	}
	return b
}

// mix returns a number that looks random (SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
