package aggregate

// Meaning is what the numbers of a gauge mean across instances. It decides
// which operation is right; no operation is right for all. [GaugeGroup.Value]
// follows it, [Kubernetes] knows it of many metrics.
type Meaning uint8

const (
	// MeaningUnknown: nobody said. Every operation is there to be asked for.
	MeaningUnknown Meaning = iota
	// MeaningShare: each instance has a part of its own, such as its open
	// connections. The sum is the fleet's, the maximum shows the hot spot.
	MeaningShare
	// MeaningHighest: each instance speaks of itself alone, and parts do not
	// add up, as with high-water marks: the worst is the highest.
	MeaningHighest
	// MeaningLowest: the same, and the worst is the lowest.
	MeaningLowest
	// MeaningFact: every instance repeats one truth outside of them, such as
	// the number of objects in the store behind them.
	MeaningFact
	// MeaningLeader: the value is real at the elected instance alone, see
	// [Election]; the others show leftovers.
	MeaningLeader
	// MeaningIdentity: the labels say something, or the value names something;
	// arithmetic says nothing. See [GaugeView.Distinct].
	MeaningIdentity
	// MeaningSaturation: it is used up to a limit that is another metric of
	// the same instance. See [GaugeRatio].
	MeaningSaturation
)

func (m Meaning) String() string {
	return [...]string{"unknown", "share", "highest", "lowest", "fact", "leader", "identity", "saturation"}[m]
}

// Value is the group's number as its view's meaning has it: the sum of shares,
// the highest or the lowest, the fact, the leader's. The instance is the one
// whose value it is; it is empty for a sum. Of the other meanings there is no
// single number.
func (g *GaugeGroup) Value() (value float64, instance string, ok bool) {
	var m GaugeMember
	switch g.meaning {
	case MeaningShare:
		value, ok = g.Sum()
		return value, "", ok
	case MeaningHighest:
		m, ok = g.Max()
	case MeaningLowest:
		m, ok = g.Min()
	case MeaningLeader:
		m, ok = g.Leader()
	case MeaningFact:
		f, ok := g.Fact()
		return f.Value, f.Instance, ok
	}
	return m.Value, m.Instance, ok
}
