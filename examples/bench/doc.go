// Package bench measures what it costs to verify an access token: with
// postern, with other libraries, and with nothing but the signature check that
// none of them can do without. All verify the same tokens in the same run.
//
// It is a module of its own, so that no peer becomes a requirement of postern:
//
//	cd examples/bench
//	go test .                 # each peer lets the good in and refuses the bad
//	go run ./report           # the table of ratios in docs/performance.md
//	go run ./plots            # the plots in docs/plots
//	go test ./moving          # the tables of docs/migrating.md and docs/comparison.md
package bench
