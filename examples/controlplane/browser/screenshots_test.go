package browser

import (
	"bytes"
	"cmp"
	"flag"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	cdp "github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/require"
)

var screenshots = flag.String("screenshots", "", "write the README's screenshots to a directory")

// TestScreenshots writes the screenshots of the README anew, to be looked at:
//
//	go -C examples/controlplane/browser test -run TestScreenshots -screenshots ../screenshots
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("-screenshots is not given")
	}
	b := open(t, start(t))
	p := printed(t, "142s")[0]
	for _, c := range []struct {
		name, scheme  string
		width, height int64
	}{{"light", "light", 1200, 860}, {"dark", "dark", 1200, 860}, {"phone", "light", 390, 844}} {
		b.wide(c.width, c.height)
		b.prefers("prefers-color-scheme", c.scheme)
		b.visit(at(p.At))
		shot := call(b, cdp.CaptureScreenshot, cdp.CaptureScreenshotParams{})
		require.NoError(t, os.WriteFile(filepath.Join(*screenshots, c.name+".png"), small(t, shot.Data), 0o666))
	}
}

// small returns a picture with the 256 colours that are most frequent in it.
func small(t *testing.T, data []byte) []byte {
	picture, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	size, often := picture.Bounds(), map[color.Color]int{}
	for y := range size.Dy() {
		for x := range size.Dx() {
			often[picture.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(often), func(a, b color.Color) int { return -cmp.Compare(often[a], often[b]) })
	out := image.NewPaletted(size, colours[:min(256, len(colours))])
	for y := range size.Dy() {
		for x := range size.Dx() {
			out.Set(x, y, picture.At(x, y))
		}
	}
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, out))
	return b.Bytes()
}
