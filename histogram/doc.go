// Package histogram merges histograms of any bucket layouts and answers with bounds that hold.
package histogram
