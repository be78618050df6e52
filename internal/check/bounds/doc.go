// Package bounds holds the library to what it may allocate. Its test measures
// allocations and bytes, which are the same on every machine, and not times,
// and fails where they exceed the checked-in bounds.
//
// A change that needs more updates the bounds and says why in its commit:
//
//	go test ./internal/check/bounds -update
package bounds
