//go:build !goexperiment.jsonv2 && !go1.27

package bench

// jwx4 is empty where jwx v4 does not build.
var jwx4 []Peer
