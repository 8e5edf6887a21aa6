// Package truth measures whether answers hold the truth. It simulates fleets of
// which everything is known, tells a real fleet what scrapes would have shown,
// asks it, and compares: the truth has to lie in [Lo, Hi].
//
// A fleet is of a kind, which says what happens in it, and has a seed: equal
// ones give equal fleets. Every process counts events whose times are known.
//
// What an answer is about is taken from the library's documentation:
//
//   - An increase is about the steps that end in the window, from the reading
//     before the first of them. What a process counted between its last reading
//     and the first one of its successor is in it. What was counted before the
//     first reading of a place is in it if the place was met after the first
//     round of scrapes. An expected place that never answered is in it.
//   - A rate is about the whole window at all places that answered in it, or
//     refused since they did, until they are said to be gone: between two
//     refusals a process may have lived. Its Hi assumes that nothing unseen was
//     faster than the fastest that was seen: where that is wrong, a miss is
//     excused, and counted apart.
//   - A rate now is the sum of the rates at which the living count. It is judged
//     only where these are constant, and may be off by an event a step.
//   - The quantiles and shares of a histogram are those of the observations that
//     the readings show. What was lost may be in them or not. Where the answer's
//     count has no upper bound and another value, the answer itself says that it
//     is about a part of them: then a miss is excused.
//
// Where the documentation leaves it open whether an answer is about something,
// both are right: no right Lo is above LoMax, no right Hi below HiMin, and
// LoMax ≥ HiMin.
package truth

// Truth bounds a right answer.
type Truth struct {
	LoMax, HiMin         float64 // no right Lo is above, no right Hi below
	LoExcused, HiExcused bool    // but for what the answer says itself that it does not know
}
