package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
)

// TestRunning: a container that ended for good has no numbers, and is not
// missing; one that will start again is.
func TestRunning(t *testing.T) {
	always := corev1.ContainerRestartPolicyAlways
	pod := runningPod("default", "p", "main", "worker")
	pod.Spec.InitContainers = []corev1.Container{{Name: "sidecar", RestartPolicy: &always}, {Name: "setup"}}
	exit := func(code int32) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code}}
	}
	for _, c := range []struct {
		policy corev1.RestartPolicy
		state  corev1.ContainerState
		want   []string
	}{
		{corev1.RestartPolicyAlways, corev1.ContainerState{}, []string{"main", "worker", "sidecar"}},
		{corev1.RestartPolicyAlways, exit(0), []string{"main", "worker", "sidecar"}},
		{corev1.RestartPolicyOnFailure, exit(1), []string{"main", "worker", "sidecar"}},
		{corev1.RestartPolicyOnFailure, exit(0), []string{"main", "sidecar"}},
		{corev1.RestartPolicyNever, exit(1), []string{"main", "sidecar"}},
	} {
		pod.Spec.RestartPolicy = c.policy
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "worker", State: c.state}}
		assert.Equal(t, c.want, running(pod), "%v", c)
		assert.Equal(t, c.want, expected(shorten(pod)))
	}
}
