//go:build race

package bounds_test

// The race detector allocates for its own purposes.
const racing = true
