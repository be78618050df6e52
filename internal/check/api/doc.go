// Package api holds the exported API to a listing, so that a change of it is
// seen in review: api.txt has a line for every exported name, method and field
// of every public package, nested modules included. Its test fails where the
// two differ.
//
// A change that is meant is accepted by writing the listing again, and is told
// in CHANGELOG.md. A line that is gone or changed breaks users:
//
//	go test ./internal/check/api -update
//
// Whether a release may have the change is judged by .ci/release: see
// docs/releasing.md.
package api
