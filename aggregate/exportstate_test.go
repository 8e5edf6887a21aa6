package aggregate

import (
	"crypto/sha256"
	"encoding/binary"
)

// StateContent is what stands between the head and the checksum of a state.
func StateContent(state []byte) []byte { return stateContent(state) }

// StateOf puts a head and a right checksum around a content.
func StateOf(content []byte) []byte {
	b := append([]byte(stateMagic), 0, stateVersion)
	b = append(binary.BigEndian.AppendUint64(b, uint64(len(content))), content...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}
