package lines

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// A varint in a word is what the standard library reads, whatever follows it.
func TestShortVarint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "v") >> rapid.IntRange(0, 63).Draw(t, "shift")
		b := append(binary.AppendUvarint(nil, v), rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "rest")...)
		_, size := binary.Uvarint(b)
		got, n := shortVarint(binary.LittleEndian.Uint64(b))
		if size > 8 {
			assert.Greater(t, n, 8)
			return
		}
		assert.Equal(t, size, n)
		assert.Equal(t, v, got)
	})
}

// A timestamp that is read the short way is the one that the fields say.
func TestUsualTimestamp(t *testing.T) {
	b, err := proto.Marshal(timestamppb.New(time.Unix(1.7e9, 5e8)))
	require.NoError(t, err)
	_, ok := usualTimestamp(b)
	require.True(t, ok)
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, math.MaxInt32).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanos"))
		b, err := proto.Marshal(timestamppb.New(at))
		assert.NoError(t, err)
		if i := rapid.IntRange(0, 2*len(b)).Draw(t, "damaged"); i < len(b) {
			b[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		got, ok := usualTimestamp(b)
		if !ok {
			return
		}
		var said timestamppb.Timestamp
		assert.NoError(t, proto.Unmarshal(b, &said))
		assert.Equal(t, said.AsTime().UnixMilli(), got)
		assert.True(t, 0 <= said.Nanos && said.Nanos < 1e9)
	})
}

// near finds what a search from the start finds, wherever it begins.
func TestNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []digest
		for pos := uint32(0); len(list) < 20; pos += 1 + rapid.Uint32Range(0, 3).Draw(t, "step") {
			list = append(list, digest{pos: pos})
		}
		list = list[:rapid.IntRange(0, len(list)).Draw(t, "n")]
		pos, want := rapid.Uint32Range(0, 80).Draw(t, "pos"), 0
		for want < len(list) && list[want].pos < pos {
			want++
		}
		assert.Equal(t, want, near(list, rapid.IntRange(0, len(list)).Draw(t, "from"), pos))
	})
}

// A start that a line beside the series said is compared even if the message of the
// series is skipped and another series begins to tell its start itself.
func TestStartsOfSkippedMessages(t *testing.T) {
	summary := &dto.Metric{Summary: &dto.Summary{SampleCount: proto.Uint64(5), SampleSum: proto.Float64(7)}}
	counter := &dto.Metric{Counter: &dto.Counter{Value: proto.Float64(1)}}
	created := &dto.Metric{Gauge: &dto.Gauge{Value: proto.Float64(1e9)}}
	families := []*dto.MetricFamily{
		{Name: proto.String("c_total"), Type: dto.MetricType_COUNTER.Enum(), Metric: []*dto.Metric{counter}},
		{Name: proto.String("s"), Type: dto.MetricType_SUMMARY.Enum(), Metric: []*dto.Metric{summary}},
		{Name: proto.String("s_created"), Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{created}},
	}
	in := newInstance(NewStore())
	r := NewReader(in.store, wideOr(0))
	require.NoError(t, r.Read(&in.cols, marshal(t, families...), asProtobuf))
	r.Commit(&in.cols)
	assert.Equal(t, int64(1e12), in.cols.Start(1))
	counter.Counter.CreatedTimestamp = &timestamppb.Timestamp{Seconds: 5}
	require.NoError(t, r.Read(&in.cols, marshal(t, families...), asProtobuf))
	assert.Equal(t, []int64{5000, 0, 0}, []int64{r.Start(0), r.Start(1), r.Start(2)})
	families[0].Metric = append(families[0].Metric, &dto.Metric{Label: []*dto.LabelPair{{Name: proto.String("x"), Value: proto.String("y")}}, Counter: &dto.Counter{}})
	require.NoError(t, r.Read(&in.cols, marshal(t, families...), asProtobuf))
	assert.Equal(t, []uint32{0, 1, 2, 3, 4}, r.Changed())
}
