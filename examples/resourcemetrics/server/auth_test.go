package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
)

// reviews is an API server that knows one token, and lets its owner read nodes.
func reviews(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/apis/authentication.k8s.io/v1/tokenreviews":
		fmt.Fprintf(w, `{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":%t,"user":{"username":"reader"}}}`,
			bytes.Contains(body, []byte("known")))
	case "/apis/authorization.k8s.io/v1/subjectaccessreviews":
		fmt.Fprintf(w, `{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":%t}}`,
			bytes.Contains(body, []byte("reader")) && bytes.Contains(body, []byte("nodes")))
	default:
		http.NotFound(w, r)
	}
}

// TestDelegated: the API server says who may ask.
func TestDelegated(t *testing.T) {
	kube := httptest.NewServer(http.HandlerFunc(reviews))
	t.Cleanup(kube.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(file, []byte(`{apiVersion: v1, kind: Config, clusters: [{name: c, cluster: {server: "`+kube.URL+`"}}],
contexts: [{name: c, context: {cluster: c, user: u}}], current-context: c, users: [{name: u, user: {}}]}`), 0o600))
	o, err := parseFlags([]string{"--kubeconfig", file, "--authentication-skip-lookup"})
	require.NoError(t, err)
	o.Secure.Listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { o.Secure.Listener.Close() })
	s, err := newServerFor(o, &rest.Config{}, fake.NewClientset())
	require.NoError(t, err)
	s.PrepareRun()
	for _, c := range []struct {
		token, path string
		want        int
	}{
		{"", lists + "/nodes", http.StatusForbidden},
		{"other", lists + "/nodes", http.StatusUnauthorized},
		{"known", lists + "/nodes", http.StatusOK},
		{"known", lists + "/pods", http.StatusForbidden},
		{"", "/incomplete", http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		w := httptest.NewRecorder()
		s.Handler.ServeHTTP(w, r)
		assert.Equal(t, c.want, w.Code, "%v: %s", c, w.Body)
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"x"}, `unexpected argument "x"`},
		{[]string{"--incomplete", "hide"}, "refuse or serve"},
		{[]string{"--resolution", "0s"}, "positive"},
		{[]string{"--open"}, "--open needs --bind-address 127.0.0.1"},
	} {
		_, err := parseFlags(c.args)
		assert.ErrorContains(t, err, c.says)
	}
}
