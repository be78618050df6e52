// Package middleware lets a net/http service enforce access tokens itself.
//
//	verifier, err := token.NewVerifier(token.Config{
//		Issuer:   "https://login.example.com",
//		Audience: []string{"https://orders.example.com"},
//	})
//	...
//	auth := middleware.New(verifier, nil)
//	mux := auth.NewMux()
//	mux.HandleFunc("GET /orders", scope.All("orders:read"), listOrders)
//	mux.HandleFunc("GET /healthz", scope.Public, healthy)
//	http.ListenAndServe(addr, mux)
//
// A [Mux] cannot hold a route without a policy, and refuses what it does not
// hold. With a router of your own, wrap handlers by [Middleware.Require], which
// is the plain func(http.Handler) http.Handler that net/http, chi, alice and
// Connect all take, and the router by [Middleware.RequireDecision], which lets no
// forgotten route answer. [Middleware.Admit] is Require for frameworks with
// handlers of their own. If nothing fits, [Middleware.Check] decides and writes
// nothing, and [Middleware.WriteError] answers.
//
// The handler of a call that went through finds the verified token by
// [token.FromContext] in the context of its request, which ends when the token
// expires. It does not find the caller's credentials in the fields of its
// request, so that a proxy behind a guard passes none on.
//
// Refusals are those of RFC 6750 §3: a status, a WWW-Authenticate challenge
// and no body. Callers are told a fixed sentence; the reason goes to [scope.Trace].
package middleware
