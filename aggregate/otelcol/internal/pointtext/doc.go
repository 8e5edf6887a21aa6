// Package pointtext writes metrics as lines, one for each point, and reads
// them. Tests say what comes in and what has to come out in it:
//
//	shop/a requests@web{code=200} sum 5..10 17
//
// is, of the resource with service.name shop and service.instance.id a, a point
// of the running total requests in the scope web, with an integer attribute,
// from second 5 to second 10, and with the integer value 17.
//
//   - Types are sum, updown (a sum that may fall), gauge, hist, exp and summary;
//     "sum:delta" is a delta, "sum:none" has no temporality.
//   - A start of 0 may be left out. An integer has no decimal point, a double
//     has one. A value of "stale" is none at all.
//   - A histogram is "n=3 sum=4.5 1:2 2:3", the counts up to each bound; an
//     exponential one "n=3 sum=4.5 scale=1 zero=1 pos=-2:1,1 neg=0:3", offset and
//     counts; a summary "n=3 sum=4.5 q0.5=1".
//   - Behind the value stand min=0.5 and max=4.0 of a histogram, and ex=3.0 for each
//     exemplar.
//   - "shop # expected 2, reporting 2" is what the components say of a fleet.
package pointtext
