// Package conformance keeps docs/conformance.md and docs/not-yet.md: which row of the checklist is
// held by which test. It reads the rows from rows.txt and the tests from the
// test files of the module, where a test that holds a row bears its id, as in
// "C_7519-4.1.4-1 exp has come" or TestC_8725_3_1_2_KeyKeepsToOneAlgorithm.
package conformance
