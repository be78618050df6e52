// Package issuers makes the tokens of well-known authorization servers: with
// one edit, a token of a tokentest.Issuer looks like theirs. A service that
// will have Keycloak in front of it is tested with tokens as Keycloak writes
// them, with no Keycloak at hand:
//
//	shape := issuers.Keycloak()
//	issuer := tokentest.NewIssuer(t, &shape.Options)
//	user := issuer.Token(shape.Access)
//	machine := issuer.Token(shape.Machine, tokentest.Scope("photos:read"))
//	idToken := issuer.Token(shape.ID) // must open no door
//
// The pages in docs/issuers have the settings that accept these tokens, and
// say where the facts about them come from. The tests of this package hold the
// two together.
//
// A Shape shows how an issuer writes tokens that nobody has customized, with
// claims that do not matter to the service among them. Yours may be set up in
// another way; compare with a token of its own.
//
// This package imports testing and is for tests: a program that serves should
// not link it.
package issuers
