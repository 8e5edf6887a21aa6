// Package promfold says what a fleet does when all you have is the /metrics
// of its instances.
package promfold
