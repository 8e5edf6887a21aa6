package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settle waits until the kubelets and the APIs are there, and makes the
// deployments.
func (x *trial) settle(ctx context.Context) error {
	var nodes struct{ Items []struct{ Metadata meta } }
	if err := until(ctx, 2*time.Minute, func() (bool, error) {
		err := x.kube.get("/api/v1/nodes", &nodes)
		return len(nodes.Items) == 3, err
	}); err != nil {
		return err
	}
	// No controller looks after nodes here, so the mark of new ones stays.
	if _, err := kubectl("", "taint", "nodes", "--all", "node.kubernetes.io/not-ready-"); err != nil && !strings.Contains(err.Error(), "not found") {
		return err
	}
	for _, text := range []string{apis(x.port), deployment("cpu", 2, "main", "side"), deployment("web", 2, "main")} {
		if _, err := kubectl(text, "apply", "-f", "-"); err != nil {
			return err
		}
	}
	if err := until(ctx, 3*time.Minute, func() (bool, error) {
		var list struct{ Items []any }
		for _, path := range []string{"/apis/custom.metrics.k8s.io/v1beta2", "/apis/external.metrics.k8s.io/v1beta1"} {
			var resources any
			if err := x.kube.get(path, &resources); err != nil {
				return false, err
			}
		}
		err := x.kube.get(resources+"pods", &list)
		return len(list.Items) == 4, err
	}); err != nil {
		return err
	}
	out, err := kubectl("", "get", "apiservices", "v1beta1.metrics.k8s.io", "v1beta2.custom.metrics.k8s.io", "v1beta1.external.metrics.k8s.io")
	fmt.Print(out)
	return err
}

// top prints what a user asks for.
func (x *trial) top(context.Context) error {
	for _, args := range [][]string{{"top", "nodes"}, {"top", "pods", "-A", "--containers"}} {
		out, err := kubectl("", args...)
		fmt.Printf("$ kubectl %s\n%s", strings.Join(args, " "), out)
		if err != nil {
			return err
		}
	}
	return nil
}

// watch prints what an autoscaler does, until it wants so many replicas and the
// deployment has them.
func (x *trial) watch(ctx context.Context, name string, want int) error {
	shown := ""
	return until(ctx, 3*time.Minute, func() (bool, error) {
		a, err := x.kube.autoscaler(name)
		if err != nil {
			return false, err
		}
		active, why := a.active()
		line := fmt.Sprintf("%s: %d replicas, wants %d; sees %s", name, a.Status.CurrentReplicas, a.Status.DesiredReplicas, a.seen())
		if !active {
			line += "; does nothing: " + why
		}
		if line != shown {
			x.say("%s", line)
			shown = line
		}
		return active && a.Status.CurrentReplicas == want && a.Status.DesiredReplicas == want, nil
	})
}

// holds watches an autoscaler for a while, in which it must not change anything.
func (x *trial) holds(ctx context.Context, name string, replicas int, long time.Duration) error {
	end := time.Now().Add(long)
	looks, inactive, why := 0, 0, ""
	err := until(ctx, 2*long, func() (bool, error) {
		a, err := x.kube.autoscaler(name)
		if err != nil {
			return false, err
		}
		looks++
		x.check(a.Status.CurrentReplicas == replicas && a.Status.DesiredReplicas == replicas, "%s: %d replicas, wants %d, instead of %d",
			name, a.Status.CurrentReplicas, a.Status.DesiredReplicas, replicas)
		if active, reason := a.active(); !active {
			inactive++
			why = reason
		}
		return time.Now().After(end), nil
	})
	x.say("%s: %d looks in %v, always %d replicas; in %d of them it had no number: %s", name, looks, long, replicas, inactive, why)
	return err
}

// scaleOnCPU has an autoscaler at its limit, and then just content.
func (x *trial) scaleOnCPU(ctx context.Context) error {
	if _, err := kubectl(scaler("cpu", 2, 6, onCPU(20)), "apply", "-f", "-"); err != nil {
		return err
	}
	return x.watch(ctx, "cpu", 6)
}

// killKubelet first has the autoscaler content with what it sees, so that a pod
// that counted as 0 would show.
func (x *trial) killKubelet(ctx context.Context) error {
	var all struct{ Items []struct{ Metadata meta } }
	if err := until(ctx, 2*time.Minute, func() (bool, error) { // until each pod has numbers
		err := x.kube.get(resources+"namespaces/default/pods?labelSelector=app%3Dcpu", &all)
		return len(all.Items) == 6, err
	}); err != nil {
		return err
	}
	time.Sleep(10 * time.Second) // until the autoscaler saw them
	a, err := x.kube.autoscaler("cpu")
	if err != nil {
		return err
	}
	percent := a.Status.CurrentMetrics[0].Resource.Current.AverageUtilization
	x.say("cpu: sees %s, which is its target from now on", a.seen())
	if _, err := kubectl(scaler("cpu", 2, 12, onCPU(percent)), "apply", "-f", "-"); err != nil {
		return err
	}
	if err := x.holds(ctx, "cpu", 6, 20*time.Second); err != nil {
		return err
	}
	var pods podList
	if err := x.kube.get("/api/v1/namespaces/default/pods?labelSelector=app%3Dcpu", &pods); err != nil {
		return err
	}
	on := map[string]int{}
	for _, p := range pods.Items {
		on[p.Spec.NodeName]++
	}
	if err := kill(filepath.Join(x.dir, "kubelet-2.pid")); err != nil {
		return err
	}
	x.say("the kubelet of 127.0.0.12 is killed, which has %d of the 6 pods", on["127.0.0.12"])
	x.check(on["127.0.0.12"] > 0, "no pod of cpu was there")
	x.say("an adapter that takes them for 0 sees about %d %%, and wants %d replicas", percent*(6-on["127.0.0.12"])/6, 6-on["127.0.0.12"])
	if err := x.holds(ctx, "cpu", 6, 45*time.Second); err != nil {
		return err
	}
	if err := x.kube.get(resources+"namespaces/default/pods?labelSelector=app%3Dcpu", &all); err != nil {
		return err
	}
	x.say("metrics.k8s.io has numbers of %d of the 6 pods", len(all.Items))
	x.check(len(all.Items) == 6-on["127.0.0.12"], "numbers of %d pods", len(all.Items))
	return x.top(ctx)
}

// kill ends a process that run.sh started.
func kill(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// Traffic for nearly 4 replicas of 100 requests/s, and for twice as many.
const low, high = 380, 760

// scaleOnRequests has low and then high traffic. Pods on the kubelet that is
// killed cannot run, so they are kept away.
func (x *trial) scaleOnRequests(ctx context.Context) error {
	if _, err := kubectl("", "cordon", "127.0.0.12"); err != nil {
		return err
	}
	if _, err := kubectl("", "delete", "pods", "-l", "app=web", "--field-selector", "spec.nodeName=127.0.0.12", "--force", "--grace-period=0"); err != nil {
		return err
	}
	x.pods.set(low, false)
	if _, err := kubectl(scaler("web", 1, 12, onRequests), "apply", "-f", "-"); err != nil {
		return err
	}
	for _, s := range []struct {
		load     float64
		replicas int
	}{{low, 4}, {high, 8}} {
		x.say("traffic of %v requests/s", s.load)
		x.pods.set(s.load, false)
		if err := x.watch(ctx, "web", s.replicas); err != nil {
			return err
		}
	}
	return nil
}

// hang has every second process not answer, and answer again, and less to do.
func (x *trial) hang(ctx context.Context) error {
	x.pods.set(high, true)
	x.say("4 of 8 processes do not answer; an adapter that takes that for 0 sees %d requests/s, and wants 4 replicas", high/2)
	if err := x.holds(ctx, "web", 8, 40*time.Second); err != nil {
		return err
	}
	a, err := x.kube.autoscaler("web")
	if err != nil {
		return err
	}
	active, why := a.active()
	x.check(!active && strings.Contains(why, "only 4 of 8 have a number"), "the autoscaler says %q", why)
	x.pods.set(high, false)
	x.say("they answer again")
	if err := x.watch(ctx, "web", 8); err != nil {
		return err
	}
	x.pods.set(low, false)
	x.say("traffic of %d requests/s", low)
	if err := x.watch(ctx, "web", 4); err != nil {
		return err
	}
	for _, path := range []string{"/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/requests", "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/requests.hi"} {
		out, err := kubectl("", "get", "--raw", path)
		if err != nil {
			return err
		}
		fmt.Printf("$ kubectl get --raw %s\n%s\n", path, out)
	}
	return nil
}
