// Package samples turns the samples that callers make into those that the engine
// of lines reads.
//
// In come samples of package parse, as a caller builds them or as another parser
// returned them. Out go samples of package lines, in the same order: times as
// Unix milliseconds, histograms as classic or native ones. They share labels,
// families, bounds and counts with what came in.
//
// Nothing is judged or refused here: [lines.Reader.ReadSamples] finds what is
// wrong with a sample. The input is not changed, and nothing is kept.
package samples
