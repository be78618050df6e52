// Package contrib shows how the guards fit into routers, frameworks and
// protocols. Each file has one of them, and is meant to be copied; the tests make
// real calls and run the refusal suite against every one. docs/recipes.md lists
// them, with what to mind.
//
// It is a module of its own, so that none of them becomes a requirement of
// postern.
package contrib
