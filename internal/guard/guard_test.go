package guard_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// somebody is an Authenticator that this module knows nothing of.
type somebody func(context.Context, token.Presentation) (*token.Token, error)

func (s somebody) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	return s(ctx, p)
}

// pedigree is a Proof that nobody can give, and notes what it gets to see.
type pedigree struct{ seen *token.Presentation }

func (pedigree) Method() string { return "x5t#S256" }
func (p pedigree) Check(_ context.Context, _ *token.Token, seen token.Presentation) error {
	*p.seen = seen
	return token.ErrProof
}

// world has the same issuer behind each kind of Authenticator. Those in known
// need not be shown more than the token.
type world struct {
	*tokentest.Issuer
	known, others map[string]token.Authenticator
	seen          token.Presentation // by the Proof of "proving"
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Issuer: tokentest.NewIssuer(t, nil)}
	verifier := func(proofs ...token.Proof) *token.Verifier {
		cfg := w.Config()
		cfg.Proofs = proofs
		v, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		return v
	}
	plain := verifier()
	w.known = map[string]token.Authenticator{
		"verifier":  plain,
		"by issuer": token.ByIssuer(map[string]token.Authenticator{w.Identifier(): plain}),
	}
	w.others = map[string]token.Authenticator{
		"somebody": somebody(plain.Authenticate),
		"embedded": struct{ *token.Verifier }{plain},
		"proving":  verifier(pedigree{&w.seen}),
	}
	return w
}

func (w *world) decide(auth token.Authenticator, p scope.Policy, fields []string) (verdict *token.Token, completed bool, err error) {
	g := guard.New(auth)
	verdict, err = g.Decide(context.Background(), p, fields, func(p token.Presentation) token.Presentation {
		completed = true
		p.URL = &url.URL{Host: "api.example.com"}
		return p
	})
	return verdict, completed, err
}

// What is known of an Authenticator saves work and changes no verdict.
func TestVerdictsAreTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.Token(tokentest.Scope("orders:read"))
	dot := strings.LastIndexByte(good, '.')
	needs := scope.All("orders:read")
	for name, row := range map[string]struct {
		fields []string
		policy scope.Policy
		want   error
	}{
		"good":                           {[]string{"Bearer " + good}, needs, nil},
		"good, optional":                 {[]string{"Bearer " + good}, scope.Optional, nil},
		"none":                           {nil, needs, token.ErrMissing},
		"none, optional":                 {nil, scope.Optional, nil},
		"two":                            {[]string{"Bearer " + good, "Bearer " + good}, needs, credentials.ErrMultiple},
		"another scheme":                 {[]string{"Basic dTpw"}, needs, token.ErrMissing},
		"scheme alone":                   {[]string{"Bearer"}, needs, credentials.ErrMalformed},
		"no token68":                     {[]string{"Bearer a,b"}, needs, credentials.ErrMalformed},
		"no token68, optional":           {[]string{"Bearer a,b"}, scope.Optional, credentials.ErrMalformed},
		"no token68, a byte in a good":   {[]string{"Bearer " + good[:dot] + "," + good[dot:]}, needs, credentials.ErrMalformed},
		"no token68, too large":          {[]string{"Bearer " + strings.Repeat("é", 40<<10)}, needs, credentials.ErrMalformed},
		"no token68, quoted":             {[]string{`Bearer "` + good + `"`}, needs, credentials.ErrMalformed},
		"padding alone":                  {[]string{"Bearer =="}, needs, credentials.ErrMalformed},
		"two tokens in one field":        {[]string{"Bearer " + good + " " + good}, needs, credentials.ErrMalformed},
		"padding":                        {[]string{"Bearer " + good + "="}, needs, token.ErrMalformed},
		"other characters of a token68":  {[]string{"Bearer a+/~." + good}, needs, token.ErrMalformed},
		"too large":                      {[]string{"Bearer " + strings.Repeat("A", 70<<10)}, needs, token.ErrTooLarge},
		"opaque":                         {[]string{"Bearer abc"}, needs, token.ErrMalformed},
		"scope missing":                  {[]string{"Bearer " + good}, scope.All("orders:write"), token.ErrScope},
		"denied by the zero Policy":      {[]string{"Bearer " + good}, scope.Policy{}, token.ErrDenied},
		"no token under the zero Policy": {nil, scope.Policy{}, token.ErrMissing},
	} {
		for who, auth := range merged(w.known, w.others) {
			t.Run(name+"/"+who, func(t *testing.T) {
				t.Parallel()
				for range 2 { // remembered at the second time
					verdict, _, err := w.decide(auth, row.policy, row.fields)
					require.ErrorIs(t, err, row.want)
					admits := row.want == nil && row.fields != nil
					require.Equal(t, admits, verdict != nil)
					require.Equal(t, errors.Is(row.want, token.ErrRequest), errors.Is(err, token.ErrRequest))
				}
			})
		}
	}
}

func merged(maps ...map[string]token.Authenticator) map[string]token.Authenticator {
	all := map[string]token.Authenticator{}
	for _, m := range maps {
		for name, auth := range m {
			all[name] = auth
		}
	}
	return all
}

// Whoever might look at what was presented gets to see it.
func TestPresentationIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fields := []string{"Bearer " + w.Token()}
	for who, auth := range merged(w.known, w.others) {
		_, completed, err := w.decide(auth, scope.Authenticated, fields)
		require.NoError(t, err)
		_, isKnown := w.known[who]
		assert.Equal(t, !isKnown, completed, who)
	}
	bound := w.Token(tokentest.Claim("cnf", map[string]string{"x5t#S256": "x"}))
	_, _, err := w.decide(w.others["proving"], scope.Authenticated, []string{"Bearer " + bound})
	require.ErrorIs(t, err, token.ErrProof)
	assert.Equal(t, "api.example.com", w.seen.URL.Host)
}

// A faulty Authenticator lets nobody in, and its fault is nobody's token's.
func TestFaultyAuthenticators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boom := errors.New("boom")
	for name, row := range map[string]struct {
		verdict *token.Token
		err     error
		want    error
	}{
		"nothing at all":      {nil, nil, guard.ErrNoVerdict},
		"a token of nobody":   {new(token.Token), nil, guard.ErrNoVerdict},
		"an error of its own": {nil, boom, boom},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := somebody(func(context.Context, token.Presentation) (*token.Token, error) { return row.verdict, row.err })
			for _, p := range []scope.Policy{scope.Authenticated, scope.Optional, {}} {
				verdict, _, err := w.decide(auth, p, []string{"Bearer abc"})
				require.Nil(t, verdict)
				require.ErrorIs(t, err, row.want)
				require.ErrorIs(t, err, token.ErrUnavailable)
			}
		})
	}
}
