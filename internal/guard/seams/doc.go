// Package seams has no code but tests: both guards as one, seen from outside.
// An Authenticator that this module knows nothing about gets the same treatment
// over HTTP and gRPC.
package seams
