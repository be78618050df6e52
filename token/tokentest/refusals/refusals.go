package refusals

import (
	"context"
	"testing"
	"time"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// Config tells Test about the service under test. The zero value of each field,
// and a nil *Config, fit a call that needs a good token and nothing else.
type Config struct {
	// Scopes are what the call needs, all of them; the good token has just
	// these. If any one of several is enough, name one. Empty means that
	// the call needs none; then the attacks on scopes do not apply.
	Scopes []string
	// Sets are what the call needs of sets of rights other than scopes, as with
	// scope.AllOf, by the names that the sets have in Profile.Sets; the good
	// token has just these, in the first source of each set. Empty means that the
	// call needs none; then the attacks on sets do not apply.
	Sets map[string][]string
	// Detail is an element of authorization_details (RFC 9396) that is enough for
	// the call, as with scope.HasDetail, with the members that the call needs and
	// no other. Its type is a string, and its lists are of type []string. The good
	// token has this element alone. Nil means that the call needs none; then the
	// attacks on details do not apply.
	Detail map[string]any
	// Actor is who must act for the subject, as with scope.ActorIn; the good token
	// has it in its act claim (RFC 8693 §4.1). An Issuer of "" is that of the
	// tokens. Zero means that the call asks for no actor; then the attacks on
	// actors do not apply.
	Actor token.Actor
	// NotDelegated says that the call is for tokens without an actor, as with
	// scope.NotDelegated.
	NotDelegated bool
	// Bound says that the call is for bound tokens alone, as with scope.Bound or
	// token.Config.RequireBound. Good has to bind the good token, as
	// tokentest.BoundToCertificate does, and the Target to present the certificate.
	Bound bool
	// ScopeImplies is that of the service's token.Config. Where a scope in Scopes is
	// implied by a larger one, the larger one must get in, and nothing that looks
	// like it. Where one implies others, those must not stand for it. Nil means that
	// each scope stands for itself; then these attacks do not apply.
	ScopeImplies map[string][]string
	// ACR is what the call accepts as acr, as with scope.ACR; the good token has the
	// first. Empty means that the call accepts any; then the attacks on acr do not
	// apply.
	ACR []string
	// MaxAge is how long ago the user may have authenticated, as with scope.MaxAge;
	// the user of the good token just has. Zero means any time ago; then the attacks
	// on auth_time do not apply. A leeway of up to a minute is taken into account.
	MaxAge time.Duration
	// Good is what else a good token of this service has, such as an audience
	// or claims that its policy asks for.
	Good []tokentest.Edit
	// Algorithms are what the service accepts. Nil means the default of
	// token.Config. Whether other algorithms are refused is tested if the
	// issuer signs with one (Options.Algorithms).
	Algorithms []string
	// Optional says that the call needs no token, as with scope.Optional. A
	// token that is presented must be good all the same.
	Optional bool
	// User says that the call is for users alone, as with scope.User. The good
	// token is then that of a user. If it is false, the attacks on what tells
	// users from clients do not apply.
	User bool
	// DPoP says that the service takes tokens that are bound to a key (RFC 9449).
	// Nil means that it does not; then attacks on proofs do not apply.
	DPoP *DPoP
	// Certificate is that of a client of the service, which takes tokens that are
	// bound to the certificate of the TLS connection (RFC 8705), as with a zero
	// mtls.Config. Nil means that it does not. Forged fields of proxies are
	// presented either way, since the suite calls the service directly.
	Certificate *tokentest.Certificate
	// Profile is that of the service's token.Config. The good token has its
	// shape (tokentest.Shaped), its rules included, and with User it bears the
	// first of its marks of users; attacks that the profile lets in do not apply. Claims that it
	// requires besides those of RFC 9068 are for Good. The zero Profile is
	// RFC 9068 as written, and no marks mean those of Issuer.Config.
	Profile token.Profile
	// Opaque says that the service takes opaque tokens (Issuer.Opaque), about which
	// it asks the issuer. Attacks on JWTs do not apply then, and those on answers of
	// the issuer do: its endpoint says that a token is not active, says what no
	// service may believe, or fails. Between such attacks the suite waits for as
	// long as the service says in Retry-After, which takes no time in a bubble of
	// testing/synctest.
	Opaque bool
	// Signed says that a service with Opaque takes signed answers alone (RFC 9701).
	Signed bool
	// Skip leaves out attacks, by their name or group, with the reason why
	// the service is right to let them in. Tests log it.
	Skip map[string]string
}

// Test presents the list of Attacks to the service under test, each in a
// subtest, and fails if one gets in or is refused with another answer than the
// right one. Before and after, the good token must get in, and the bound ones
// that Config tells of as well. With -v it logs a
// table of the attacks, the reason for each, and the service's answers.
//
// The service must accept tokens of the issuer, as one does with a token.Config
// from Issuer.Config. It is called from one goroutine. cfg may be nil. In a
// bubble of testing/synctest, where there are no subtests, use Run.
func Test(t *testing.T, issuer *tokentest.Issuer, target tokentest.Target, cfg *Config) {
	t.Helper()
	s := newSuite(issuer, target, cfg)
	if err := s.checkSkips(); err != nil {
		t.Fatal(err)
	}
	s.askForNonce(t.Context())
	if r := s.tryGood(t.Context()); r.Err != nil {
		t.Fatalf("%v; its answer was %s. What does a good token of this service need? See Config", r.Err, r.Answer)
	}
	var results []Result
	for _, a := range Attacks() {
		t.Run(a.Group+"/"+a.title(), func(t *testing.T) {
			r := s.try(t.Context(), a)
			results = append(results, r)
			r.report(t)
		})
	}
	if r := s.tryGoodAgain(t.Context()); r.Err != nil {
		t.Errorf("after the attacks %v; its answer was %s", r.Err, r.Answer)
	}
	t.Log("\n" + Report(results))
}

// Run does the same as Test without a test around it, and returns the result
// of each attack. The first and the last result are those of the
// good token. If cfg is wrong, there is a single result with an error that
// matches ErrSkip.
func Run(ctx context.Context, issuer *tokentest.Issuer, target tokentest.Target, cfg *Config) []Result {
	s := newSuite(issuer, target, cfg)
	if err := s.checkSkips(); err != nil {
		return []Result{{Err: err}}
	}
	s.askForNonce(ctx)
	results := []Result{s.tryGood(ctx)}
	for _, a := range Attacks() {
		results = append(results, s.try(ctx, a))
	}
	return append(results, s.tryGoodAgain(ctx))
}
