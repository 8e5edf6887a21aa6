package main

import (
	"fmt"
	"strings"
)

// apis registers the servers of this repository with the aggregator, which dials
// a port of this machine because the service is one of an external name.
func apis(port int) string {
	list := []string{`apiVersion: v1
kind: Service
metadata: {name: here, namespace: kube-system}
spec: {type: ExternalName, externalName: localhost}`}
	for _, a := range []struct {
		group, version string
		port           int
	}{{"metrics.k8s.io", "v1beta1", port + 50}, {"custom.metrics.k8s.io", "v1beta2", port + 52}, {"external.metrics.k8s.io", "v1beta1", port + 52}} {
		list = append(list, fmt.Sprintf(`apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: %s.%s}
spec: {group: %[2]s, version: %[1]s, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: {name: here, namespace: kube-system, port: %[3]d}}`,
			a.version, a.group, a.port))
	}
	return strings.Join(list, "\n---\n")
}

// deployment is one whose pods have no containers but in the kubelets' minds.
func deployment(name string, replicas int, containers ...string) string {
	text := fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %s, namespace: default}
spec:
  replicas: %d
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 1
      containers:
`, name, replicas)
	for _, c := range containers {
		text += fmt.Sprintf("      - {name: %s, image: none, resources: {requests: {cpu: 50m}}}\n", c)
	}
	return text
}

// scaler is an autoscaler that acts at once, so that holding is a decision.
func scaler(name string, least, most int, metric string) string {
	return fmt.Sprintf(`apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: %s, namespace: default}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[1]s}
  minReplicas: %d
  maxReplicas: %d
  behavior: {scaleDown: {stabilizationWindowSeconds: 0}, scaleUp: {stabilizationWindowSeconds: 0}}
  metrics: [%s]
`, name, least, most, metric)
}

func onCPU(percent int) string {
	return fmt.Sprintf("{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: %d}}}", percent)
}

const onRequests = "{type: Pods, pods: {metric: {name: requests}, target: {type: AverageValue, averageValue: 100}}}"
