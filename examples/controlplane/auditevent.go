package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// event is what is read of a line of an audit log, audit.k8s.io/v1. Fields that
// are not here are no fault.
type event struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Stage      string `json:"stage"`
	Verb       string `json:"verb"`
	User       struct {
		Username string `json:"username"`
	} `json:"user"`
	UserAgent string `json:"userAgent"`
	Object    *struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	Response *struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Received time.Time `json:"requestReceivedTimestamp"`
	Ended    time.Time `json:"stageTimestamp"`
}

// flaw is why a line of a log does not count; empty if it does.
type flaw string

// The flaws.
const (
	cutLine    flaw = "cut or not JSON"
	otherKind  flaw = "not an event of audit.k8s.io/v1"
	otherStage flaw = "of another stage than ResponseComplete"
	noTime     flaw = "without both times, or ended before it began"
	noCode     flaw = "without a code"
)

// readEvent reads a line.
func readEvent(line []byte) (event, flaw) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		return e, cutLine
	}
	switch {
	case e.Kind != "Event" || e.APIVersion != "audit.k8s.io/v1":
		return e, otherKind
	case e.Stage != "ResponseComplete":
		return e, otherStage
	case e.Received.IsZero() || e.Ended.Before(e.Received):
		return e, noTime
	case e.Response == nil || e.Response.Code == 0:
		return e, noCode
	}
	return e, ""
}

// caller is who asked for what. Its fields are labels.
type caller struct {
	agent, account, verb, resource string
	long                           bool
}

// caller returns who asked.
func (e *event) caller() caller {
	c := caller{agent: bounded(agentName(e.UserAgent)), account: bounded(e.User.Username), verb: bounded(e.Verb)}
	if e.Object != nil {
		c.resource = bounded(e.Object.Resource)
		c.long = slices.Contains([]string{"attach", "exec", "log", "portforward", "proxy"}, e.Object.Subresource)
	}
	c.long = c.long || e.Verb == "watch"
	return c
}

// nameLimit is how many bytes of a name are kept: clients choose theirs, and a
// label that is too long would be refused with all of its log.
const nameLimit = 256

// bounded returns a name that is no longer than the limit.
func bounded(name string) string {
	if len(name) <= nameLimit {
		return name
	}
	return strings.ToValidUTF8(name[:nameLimit], "") + "…"
}

func (e *event) code() string { return strconv.Itoa(e.Response.Code) }

// agentName returns the name of a user agent without version and build. A
// Kubernetes client ends in the part of the program that asks:
// "kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/abc/deployment-controller"
// is "kube-controller-manager deployment-controller".
func agentName(s string) string {
	name, _, _ := strings.Cut(s, " ")
	name, _, _ = strings.Cut(name, "/")
	if i := strings.LastIndex(s, " kubernetes/"); i >= 0 {
		if build := strings.SplitN(s[i+1:], "/", 3); len(build) == 3 && build[2] != "" {
			name += " " + build[2]
		}
	}
	if name == "" {
		return "(none)"
	}
	return name
}
