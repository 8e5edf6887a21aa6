package aggregate

// StateContent is what stands between the head and the checksum of a state.
func StateContent(state []byte) []byte { return stateFrame.Content(state) }

// StateOf puts a head and a right checksum around a content.
func StateOf(content []byte) []byte {
	return stateFrame.Wrap(func(b []byte) []byte { return append(b, content...) })
}

// SaveWhile saves, and lets something happen once the fleet's lock is free.
func (f *Fleet) SaveWhile(happens func()) []byte {
	f.saves.Lock()
	defer f.saves.Unlock()
	x := beginSave(f)
	happens()
	return x.finish()
}
