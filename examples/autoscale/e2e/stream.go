package main

import (
	"context"
	"fmt"
	"time"

	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// stream has a queue cross the activation, and back, and measures how long it
// takes until KEDA is told: within a second, of which half is the interval of
// scrapes, and for less also the window, of which it is the largest.
func (x *trial) stream(ctx context.Context) error {
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", x.port+53), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	pushes, err := pb.NewExternalScalerClient(conn).StreamIsActive(ctx, &pb.ScaledObjectRef{Name: "web", ScalerMetadata: map[string]string{"metric": "queue"}})
	if err != nil {
		return err
	}
	first, err := pushes.Recv()
	if err != nil {
		return err
	}
	x.check(!first.Result, "it is active with an empty queue")
	const window = 3 * time.Second
	for range 3 {
		for _, step := range []struct {
			queue  int
			active bool
			limit  time.Duration
		}{{10, true, time.Second}, {0, false, window + 2*time.Second}} {
			began := time.Now()
			if err := x.pods.queue(step.queue); err != nil {
				return err
			}
			push, err := pushes.Recv()
			if err != nil {
				return err
			}
			took := time.Since(began)
			x.say("a queue of %d: active %v is pushed after %v", step.queue, push.Result, took.Round(time.Millisecond))
			x.check(push.Result == step.active, "pushed %v", push.Result)
			x.check(took <= step.limit, "it took %v", took)
		}
	}
	return nil
}
