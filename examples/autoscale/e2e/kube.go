package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"time"
)

// kube asks an API server, or a server behind it, with a token.
type kube struct{ url, token string }

var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // all of it is on this machine
}

// get asks for a path.
func (k kube) get(path string, into any) error {
	r, err := http.NewRequest(http.MethodGet, k.url+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+k.token)
	r.Header.Set("Accept", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, answer.Status, bytes.TrimSpace(body))
	}
	return json.Unmarshal(body, into)
}

// kubectl runs kubectl, and returns what it prints.
func kubectl(input string, args ...string) (string, error) {
	cmd := exec.Command("kubectl", args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// meta is what all objects have.
type meta struct {
	Name, Namespace   string
	Labels            map[string]string
	DeletionTimestamp *time.Time
}

// podList is as much of pods as is needed.
type podList struct {
	Items []struct {
		Metadata meta
		Spec     struct{ NodeName string }
		Status   struct{ Phase string }
	}
}

// autoscaler is as much of a HorizontalPodAutoscaler as is needed.
type autoscaler struct {
	Status struct {
		CurrentReplicas, DesiredReplicas int
		CurrentMetrics                   []struct {
			Resource struct{ Current current }
			Pods     struct{ Current current }
		}
		Conditions []struct{ Type, Status, Reason, Message string }
	}
}

type current struct {
	AverageUtilization int
	AverageValue       string
}

func (k kube) autoscaler(name string) (a autoscaler, err error) {
	return a, k.get("/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/"+name, &a)
}

// seen returns what it sees, in words.
func (a *autoscaler) seen() string {
	for _, m := range a.Status.CurrentMetrics {
		if m.Resource.Current.AverageUtilization > 0 {
			return fmt.Sprintf("%d %% of the request", m.Resource.Current.AverageUtilization)
		}
		if m.Pods.Current.AverageValue != "" {
			return m.Pods.Current.AverageValue + " requests/s each"
		}
	}
	return "nothing"
}

// active returns whether it has a number, and why not.
func (a *autoscaler) active() (bool, string) {
	for _, c := range a.Status.Conditions {
		if c.Type == "ScalingActive" {
			return c.Status == "True", c.Reason + ": " + c.Message
		}
	}
	return false, "it did not look yet"
}
