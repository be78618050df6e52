// Package layout has no code, only tests that hold the whole module to the
// rules of its shape: who may import whom, what may be exported, what the
// library may not do behind a service's back, and that the files around the
// code say what is so. Each rule gives its reason when it fails.
package layout
