// Package scaling answers with numbers to scale by: what a fleet does now, with
// bounds, or why that is not known. A number that rests on too little of the
// fleet is an error, never a smaller number and never 0.
//
//	config, err := scaling.Read(file)
//	set, err := scaling.New(fleet, config)
//	n, err := set.One(now, "requests.hi")
//
// Each metric has three names: its own for the value, and with .lo and .hi the
// bounds that hold the truth.
package scaling
