// Package browser tests the page of examples/controlplane in Chromium. It is a
// module of its own, so that nobody who uses the library downloads a driver.
//
// The tests need chromium and the node packages of package.json (npm ci). They
// are skipped where these are missing, but fail if CI is set.
package browser
