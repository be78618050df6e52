// Mutants shows that each check of this module is held by a test: it switches
// off one condition at a time and runs the tests, which have to fail.
//
//	go run ./internal/check/mutants            # all, or as many as five minutes allow; see -limit
//	go run ./internal/check/mutants -only 'token/checks.go'
//	go run ./internal/check/mutants -since HEAD~3
//
// It works on a copy of the module in a temporary directory. There it rewrites
// every condition of the source into a form in which the environment variable
// POSTERN_MUTANT picks the one that is changed, so that each package is
// compiled once and not once a mutant. The report lists each mutant with the
// first test that failed. A mutant that no test notices is a survivor, and the
// exit code is 1 unless it is explained in known.txt.
//
// The normal tests do not wait for it. .ci/run gives a few minutes to the files
// that have changed in the last day; all of them are run by hand, or by night.
package main
