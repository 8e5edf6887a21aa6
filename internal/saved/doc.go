// Package saved writes values as bytes and reads them back.
//
// In come numbers, texts and lists; out go bytes, and the other way round. There
// is one encoding of each value, so equal states give equal bytes. A [Codec] goes
// through a value once for both directions: one description of a type writes it
// and reads it. A [Frame] stands around a whole state.
//
// Reading allocates nothing that the length of the input does not warrant,
// whatever the input claims, and never panics: of damaged input the reading
// fails. Nothing here knows what the values mean.
package saved
