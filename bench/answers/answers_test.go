package main

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/recording"
)

// The recording in the repository has the same text each time, and answers of
// every kind in it.
func TestReplayIsDeterministic(t *testing.T) {
	s := sequence{
		name: "trimmed", take: `\S+ (apiserver-.) text`, views: sets(apiserver), every: 20, families: true, reload: true, early: true,
		leaves: []string{"apiserver-a"}, late: apiserver[:2],
	}
	manifest, err := recording.Manifest(recording.FS)
	require.NoError(t, err)
	var texts [2]bytes.Buffer
	var sums [2][]string
	for i := range texts {
		var size int64
		sums[i], size, err = s.replay(recording.FS, manifest, &texts[i], false)
		require.NoError(t, err)
		require.EqualValues(t, texts[i].Len(), size)
	}
	require.True(t, bytes.Equal(texts[0].Bytes(), texts[1].Bytes()))
	require.Equal(t, sums[0], sums[1])
	for _, line := range []string{
		`(?m)^ \{verb="LIST"\} inc=[1-9]`,                           // a counter
		`(?m)^  apiserver-b inc=\S+,\+Inf\] .* resets=[1-9]`,        // a member that was restarted
		`(?m)^  sum=[1-9]\S* .* q0.99=[0-9.e-]+\[[0-9.e-]+,[0-9.]+`, // a quantile
		`(?m)^ \S+ value=[1-9]\S* max=apiserver-`,                   // a gauge
		`(?m) ratio=0\.[0-9]+`,                                      // a ratio
		`(?m)^\d+ apiserver-b failed$`,
	} {
		assert.Regexp(t, line, texts[0].String())
	}
}

// The words of warnings are printed on demand, in a section of their own, and
// change no other one.
func TestWordsOfWarnings(t *testing.T) {
	s := sequence{name: "trimmed", take: `\S+ (apiserver-.) text`, views: [][]spec{apiserver[:3]}, every: 50}
	manifest, err := recording.Manifest(recording.FS)
	require.NoError(t, err)
	var text bytes.Buffer
	without, _, err := s.replay(recording.FS, manifest, &text, false)
	require.NoError(t, err)
	with, _, err := s.replay(recording.FS, manifest, &text, true)
	require.NoError(t, err)
	require.Len(t, with, len(without)+1)
	require.Subset(t, with[1:], without[1:])
	require.NotEqual(t, with[0], without[0])
}

func TestSequences(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sequences {
		assert.False(t, seen[s.name], s.name)
		seen[s.name] = true
		_, err := regexp.Compile(s.take)
		assert.NoError(t, err, s.name)
		assert.True(t, s.every > 0 || s.how != nil, s.name)
	}
	const corpus = "../../../shared/corpus"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the corpus of recordings is not here")
	}
	for _, s := range sequences {
		dir, err := fs.Sub(os.DirFS(corpus), s.dir)
		require.NoError(t, err)
		manifest, err := recording.Manifest(dir)
		require.NoError(t, err)
		list, err := s.entries(manifest)
		require.NoError(t, err, s.name)
		assert.Greater(t, len(list), 2, s.name)
	}
}

// A number is printed to all digits, and an estimate with what bounds it.
func TestNumbers(t *testing.T) {
	assert.Equal(t, "0.30000000000000004", num(math.Nextafter(.3, 1)))
	assert.Equal(t, "-0", num(math.Copysign(0, -1)))
	assert.Equal(t, "NaN", num(math.NaN()))
	assert.Equal(t, "-", estimate{}.String())
	assert.Equal(t, "5", exactly(5, true).String())
	assert.Equal(t, "5[4.5,+Inf]", estimate{5, 4.5, math.Inf(1), true}.String())
}
