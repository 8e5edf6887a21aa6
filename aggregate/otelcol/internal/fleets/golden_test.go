package fleets

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.yaml.in/yaml/v3"

	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
)

var update = flag.Bool("update", false, "writes what comes out into the golden files")

// A golden file is a script of sections, each with a heading:
//
//	-- config           the configuration, as YAML
//	-- in 10            points that come in at second 10
//	-- refused          how many of them are refused, by reason
//	-- out 15           what the fleets know then
//	-- delta 15         the same as deltas
//	-- restart 20       over the saved state
//
// The component begins at second 6, and so the fleets at second 1.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			got := replay(t, string(b))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(b), got)
		})
	}
}

// replay returns the script with what really comes out.
func replay(t *testing.T, script string) string {
	head, rest, _ := strings.Cut(script, "-- ")
	out := head
	cfg := DefaultConfig()
	s, err := New(cfg, time.Unix(6, 0))
	require.NoError(t, err)
	for section := range strings.SplitSeq(rest, "\n-- ") {
		heading, body, _ := strings.Cut(section, "\n")
		kind, second, _ := strings.Cut(heading, " ")
		x, _ := strconv.ParseFloat(second, 64)
		now := time.UnixMilli(int64(1000 * x))
		switch kind {
		case "config":
			var m map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(body), &m))
			require.NoError(t, confmap.NewFromStringMap(m).Unmarshal(&cfg))
			s, err = New(cfg, time.Unix(6, 0))
			require.NoError(t, err)
		case "in":
			md, err := pointtext.Read(body)
			require.NoError(t, err)
			r := s.Ingest(md, now)
			section = strings.TrimRight(section, "\n")
			for _, reason := range slices.Sorted(maps.Keys(r.Refused)) {
				section += fmt.Sprintf("\n-- refused\n%s %d", reason, r.Refused[reason])
			}
		case "refused":
			continue
		case "restart":
			s = restarted(t, s, cfg, now)
		case "out", "delta":
			s.Forget(now)
			section = heading + "\n" + pointtext.Write(s.Metrics(now, kind == "delta"))
		default:
			require.Fail(t, "unknown section", heading)
		}
		out += "-- " + strings.TrimRight(section, "\n") + "\n"
	}
	return out
}

func restarted(t *testing.T, s *Set, cfg Config, now time.Time) *Set {
	frames, err := s.Save()
	require.NoError(t, err)
	s, err = New(cfg, now)
	require.NoError(t, err)
	for _, b := range frames {
		require.NoError(t, s.Load(b))
	}
	return s
}
