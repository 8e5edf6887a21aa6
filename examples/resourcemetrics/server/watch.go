package main

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	informers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// watchPods follows the running pods. Of each it keeps the name, the labels, and
// the names of the containers that should have numbers.
func watchPods(client kubernetes.Interface) (cache.SharedIndexInformer, error) {
	informer := informers.NewFilteredPodInformer(client, metav1.NamespaceAll, 0, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc},
		func(o *metav1.ListOptions) { o.FieldSelector = "status.phase=Running" })
	return informer, informer.SetTransform(func(object any) (any, error) {
		if pod, ok := object.(*corev1.Pod); ok {
			return shorten(pod), nil
		}
		return object, nil
	})
}

// watchNodes follows the nodes.
func watchNodes(client kubernetes.Interface) cache.SharedIndexInformer {
	return informers.NewNodeInformer(client, 0, cache.Indexers{})
}

func shorten(pod *corev1.Pod) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID, ResourceVersion: pod.ResourceVersion, Labels: pod.Labels,
		Annotations: map[string]string{containers: strings.Join(running(pod), ",")},
	}}
}

// running returns the containers that run, or will again: without their numbers
// the pod's are a part.
func running(pod *corev1.Pod) (names []string) {
	ended := map[string]bool{}
	for _, s := range slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses) {
		if t := s.State.Terminated; t != nil {
			policy := pod.Spec.RestartPolicy
			ended[s.Name] = policy == corev1.RestartPolicyNever || policy == corev1.RestartPolicyOnFailure && t.ExitCode == 0
		}
	}
	for _, c := range pod.Spec.Containers {
		if !ended[c.Name] {
			names = append(names, c.Name)
		}
	}
	for _, c := range pod.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways { // a sidecar
			names = append(names, c.Name)
		}
	}
	return names
}
