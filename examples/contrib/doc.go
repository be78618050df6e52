// Package contrib shows that the middleware fits routers and frameworks
// unchanged: net/http, chi, alice and Connect. Each file has one of them; the
// tests make real calls and run the refusal suite against every one.
//
// It is a module of its own, so that none of them becomes a requirement of
// postern.
package contrib
