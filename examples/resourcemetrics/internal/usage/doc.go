// Package usage computes what nodes, pods and containers use of CPU and memory
// from the answers of kubelets to /metrics/resource.
//
//	var c = usage.Cluster{Resolution: 15 * time.Second}
//	err := c.Read("node-1", at, header, body) // or c.Failed("node-1", err)
//	node, err := c.Node("node-1")
//	pod, err := c.Pod(usage.Name{Namespace: "default", Pod: "web-0"}, expected)
//
// CPU is the growth of a counter between two points, divided by the time
// between them; memory is the value of the later point. The times are those
// that the kubelet writes beside the values. Which two points make a pair, and
// whether the counter grew between them, is decided in track.go; package
// counter judges the step.
//
// Missing is not zero, and a part is not the whole: a container without a pair
// is named in Pod.Missing with the reason.
package usage
