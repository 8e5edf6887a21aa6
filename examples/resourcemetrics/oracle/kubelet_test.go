package oracle

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var epoch = time.Unix(1_000_000_000, 0)

// values are what a kubelet writes of a node or container; times are seconds
// after the epoch.
type values struct {
	start, at   float64
	cpu, memory float64
}

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func millis(s float64) int64 { return epoch.UnixMilli() + int64(s*1000) }

func nodeLines(v values) string {
	return fmt.Sprintf("node_cpu_usage_seconds_total %s %d\nnode_memory_working_set_bytes %s %d\n", num(v.cpu), millis(v.at), num(v.memory), millis(v.at))
}

func containerLines(pod, container string, v values) string {
	labels := fmt.Sprintf("{container=%q,namespace=%q,pod=%q}", container, "default", pod)
	return strings.Join([]string{
		fmt.Sprintf("container_cpu_usage_seconds_total%s %s %d\n", labels, num(v.cpu), millis(v.at)),
		fmt.Sprintf("container_memory_working_set_bytes%s %s %d\n", labels, num(v.memory), millis(v.at)),
		fmt.Sprintf("container_start_time_seconds%s %s\n", labels, num(float64(millis(v.start))/1000)),
	}, "")
}
