package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden: what the program writes for files that have everything. Write the
// files anew with go test -run TestGolden -update, and read the difference.
func TestGolden(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		status int
	}{
		"rules.txt":     {[]string{"testdata/rules.yaml"}, exitFindings},
		"rules.json":    {[]string{"-json", "testdata/rules.yaml"}, exitFindings},
		"rules.sarif":   {[]string{"-sarif", "testdata/rules.yaml"}, exitFindings},
		"dashboard.txt": {[]string{"testdata/dashboard.json"}, exitFindings},
		"configmap.txt": {[]string{"testdata/configmap.yaml"}, exitFindings},
		"list.txt":      {[]string{"-rules"}, exitClean},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			assert.Equal(t, c.status, run(c.args, &stdout, &stderr))
			assert.Empty(t, stderr.String())
			file := filepath.Join("testdata", "golden", name)
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
				require.NoError(t, os.WriteFile(file, stdout.Bytes(), 0o666))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), stdout.String())
		})
	}
}
