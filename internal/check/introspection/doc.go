// Package introspection asks authorization servers of other people's making about
// tokens: oidc-provider on Node.js, the provider of zitadel/oidc, and Glewlwyd. Its
// tests carry the build tag interop.
//
// It is a module of its own, so that nothing of these servers becomes a
// requirement of postern.
package introspection
