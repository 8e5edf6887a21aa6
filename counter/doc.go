// Package counter says how much a counter grew.
package counter
