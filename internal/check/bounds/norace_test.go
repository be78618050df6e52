//go:build !race

package bounds_test

const racing = false
