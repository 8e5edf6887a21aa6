// Package identity decides whose scrape it is. Evidence goes in, a decision comes out; nothing here reads a body, keeps a
// fleet or changes what it is given. The caller reads the evidence, keeps the values, and carries the decisions out.
//
//   - [Start]: when a process began, by which it is recognised; [Name]: what its labels say who it is.
//   - [Canonical]: one spelling for each address.
//   - [Likeness]: how a scrape compares with what an instance exposed before.
//   - [Attribute]: which of several processes behind one address answered.
//   - [Pool]: which of them are alive.
//   - [Suspicion]: whether two addresses lead to one process; [Alias]: which of them speaks for it.
//   - [Succession]: whether a process replaced another one, or answers beside it.
package identity
