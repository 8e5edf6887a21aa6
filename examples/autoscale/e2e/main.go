// E2e watches HorizontalPodAutoscalers of a real control plane, which run.sh
// starts, scale on the numbers of this repository: on CPU, on a custom metric,
// through a kubelet that is killed and processes that do not answer. It prints
// what happens, compares what the real metrics-server answers, and exits with 1
// if anything is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/promfold/promfold/examples/autoscale/internal/worker"
)

// trial is a run.
type trial struct {
	kube    kube
	dir     string // where run.sh keeps what it started
	port    int
	began   time.Time
	pods    *podFleet
	compare *comparison
	wrong   []error
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == worker.Role {
		if err := worker.Work(os.Stdin, os.Stdout, time.Now); err != nil {
			os.Exit(1)
		}
		return
	}
	x := &trial{began: time.Now()}
	flag.StringVar(&x.dir, "run", "", "the folder with what run.sh started")
	flag.StringVar(&x.kube.token, "token", "", "the token of the API server")
	flag.IntVar(&x.port, "port", 0, "the first port")
	only := flag.String("only", "", "do but the steps whose name matches this")
	flag.Parse()
	x.kube.url = fmt.Sprintf("https://127.0.0.1:%d", x.port+10)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := x.run(ctx, regexp.MustCompile(*only)); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}

// run does everything in order.
func (x *trial) run(ctx context.Context, only *regexp.Regexp) error {
	ctx, cancel := context.WithCancel(ctx)
	x.pods = newPodFleet(x.kube, x.dir+"/sd/pods.json")
	x.compare = newComparison(x.kube, x.port)
	done := make(chan struct{}, 2)
	go func() {
		x.pods.follow(ctx)
		done <- struct{}{}
	}()
	go func() {
		x.compare.follow(ctx)
		done <- struct{}{}
	}()
	defer func() {
		cancel()
		<-done
		<-done
	}()
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"the API server knows three kubelets and three APIs", x.settle},
		{"kubectl top", x.top},
		{"an autoscaler scales on CPU", x.scaleOnCPU},
		{"a kubelet is killed, and the autoscaler holds", x.killKubelet},
		{"an autoscaler scales on a custom metric", x.scaleOnRequests},
		{"half of the processes hang, and the autoscaler holds", x.hang},
		{"KEDA's stream", x.stream},
		{"beside metrics-server", x.compared},
	} {
		if !only.MatchString(step.what) {
			continue
		}
		fmt.Printf("\n== %s\n", step.what)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	if len(x.wrong) > 0 {
		return errors.Join(x.wrong...)
	}
	fmt.Println("\nall as it should be")
	return nil
}

// say prints a line with the time since the beginning.
func (x *trial) say(format string, args ...any) {
	fmt.Printf("%4.0f s  %s\n", time.Since(x.began).Seconds(), fmt.Sprintf(format, args...))
}

// check notes what is wrong.
func (x *trial) check(ok bool, format string, args ...any) {
	if !ok {
		x.wrong = append(x.wrong, fmt.Errorf(format, args...))
		fmt.Println("WRONG:", x.wrong[len(x.wrong)-1])
	}
}

// until asks every second until something is so.
func until(ctx context.Context, limit time.Duration, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	for {
		ok, err := so()
		if ok {
			return nil
		}
		if err != nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), last)
		case <-time.After(time.Second):
		}
	}
}
