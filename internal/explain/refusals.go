package explain

import (
	"errors"

	"github.com/promfold/promfold/internal/lines"
)

// refusals are why scrapes are refused, in words.
var refusals = [Refusals]string{"late", "conflict", "fleet limit", "body limit", "unsupported format", "malformed body", "other"}

// Refusals is how many reasons there are to refuse a scrape.
const Refusals = 7

// Refusal returns the number of the reason that err is. known are the errors of
// the first ones: late, conflict, fleet limit, body limit.
func Refusal(err error, known ...error) int {
	for i, is := range append(known, errors.ErrUnsupported) {
		if errors.Is(err, is) {
			return i
		}
	}
	if malformed := new(lines.Error); errors.As(err, &malformed) {
		return Refusals - 2
	}
	return Refusals - 1
}

// Refused returns how many scrapes were refused, in all and by reason; of returns
// how many for the reason of a number.
func Refused(of func(reason int) int64) (all int, by map[string]int) {
	by = map[string]int{}
	for i, why := range refusals {
		by[why] = int(of(i))
		all += by[why]
	}
	return all, by
}
