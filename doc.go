// Package postern is the root of a module that lets OAuth 2.0 resource servers
// enforce access tokens themselves, over HTTP and gRPC alike. It has no code of
// its own; the code is in the packages below.
//
// # Where to start
//
// A service makes one [token.Verifier] for its issuer, says by a
// [scope.Policy] what each call needs, and puts one of the two guards in front
// of its handlers:
//
//   - [github.com/postern-go/postern/middleware] for net/http and every router
//     that takes a func(http.Handler) http.Handler,
//   - [github.com/postern-go/postern/grpcauth] for grpc-go.
//
// Beneath them are
//
//   - [github.com/postern-go/postern/token]: is this token good?
//   - [github.com/postern-go/postern/scope]: is it good enough for this call?
//   - [github.com/postern-go/postern/jwks]: the keys that an issuer signs with.
//
// Most programs import token, scope and a guard. They meet jwks when keys come
// from elsewhere than the issuer's metadata, or when operators want to watch
// how they are fetched.
//
// # Tests of services
//
// [github.com/postern-go/postern/token/tokentest] is an issuer in memory that
// really signs. Below it, refusals attacks a service as it is wired together,
// and rehearse simulates changes of keys and outages of the issuer.
// [github.com/postern-go/postern/grpcauth/grpcauthtest] takes them to gRPC
// servers. Services do not link these.
//
// # Errors
//
// Every error about a call matches exactly one outcome, and the outcome alone
// decides the answer: [token.ErrMissing], [token.ErrRequest],
// [token.ErrInvalid], [token.ErrScope], [token.ErrStepUp], [token.ErrDenied]
// or [token.ErrUnavailable]. The last says that a token could not be judged; it
// is never answered as if the token were bad. Every error of a constructor
// matches [token.ErrConfig].
//
// # Compatibility
//
// Before v1.0.0 a minor version may change the API; the changelog says how.
// New checks that refuse what the RFCs say must be refused can come with any
// version.
//
// [scope.Policy]: https://pkg.go.dev/github.com/postern-go/postern/scope#Policy
// [token.ErrConfig]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrConfig
// [token.ErrDenied]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrDenied
// [token.ErrInvalid]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrInvalid
// [token.ErrMissing]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrMissing
// [token.ErrRequest]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrRequest
// [token.ErrScope]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrScope
// [token.ErrStepUp]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrStepUp
// [token.ErrUnavailable]: https://pkg.go.dev/github.com/postern-go/postern/token#ErrUnavailable
// [token.Verifier]: https://pkg.go.dev/github.com/postern-go/postern/token#Verifier
package postern
