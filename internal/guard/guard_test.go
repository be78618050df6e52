package guard_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/internal/guard"
	"github.com/postern-go/postern/internal/printable"
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
type pedigree struct{ seen *token.Request }

func (pedigree) Method() string { return "x5t#S256" }
func (p pedigree) Check(_ context.Context, _ *token.Token, seen token.Presentation) error {
	*p.seen = seen.Request()
	return token.ErrBinding
}

// world has the same issuer behind each kind of Authenticator.
type world struct {
	*tokentest.Issuer
	known, others map[string]token.Authenticator
	seen          token.Request // by the Proof of "proving"
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Issuer: tokentest.NewIssuer(t, nil)}
	verifier := func(proofs ...token.ConfirmationChecker) *token.Verifier {
		cfg := w.Config()
		cfg.Confirmations = proofs
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

// asked is a call that notes whether it is asked about itself.
type asked bool

func (a *asked) Request() token.Request {
	*a = true
	return token.Request{URL: &url.URL{Host: "api.example.com"}}
}

func (*asked) Respond(token.Field) bool { return false }

func (w *world) decide(auth token.Authenticator, p scope.Policy, fields []string) (verdict *token.Token, gathered bool, err error) {
	var call asked
	g := newGuard(auth)
	v := g.Decide(context.Background(), p, fields, func() token.Call { return &call })
	verdict, err = v.Token, v.Err
	return verdict, bool(call), err
}

func newGuard(auth token.Authenticator) guard.Guard {
	schemes, err := token.SchemesOf(auth)
	if err != nil {
		panic(err)
	}
	return guard.New(auth, schemes, guard.Options{})
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
					judgedGood := row.want == nil || errors.Is(row.want, token.ErrScope) || errors.Is(row.want, token.ErrDenied)
					require.Equal(t, judgedGood && row.fields != nil, verdict != nil)
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

// What else is known of a call is gathered only if it is asked for, and then it
// is there.
func TestRequestIsGatheredOnDemand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fields := []string{"Bearer " + w.Token()}
	for who, auth := range merged(w.known, w.others) {
		_, gathered, err := w.decide(auth, scope.Authenticated, fields)
		require.NoError(t, err)
		assert.False(t, gathered, who)
	}
	bound := w.Token(tokentest.Claim("cnf", map[string]string{"x5t#S256": "x"}))
	_, gathered, err := w.decide(w.others["proving"], scope.Authenticated, []string{"Bearer " + bound})
	require.ErrorIs(t, err, token.ErrBinding)
	assert.True(t, gathered)
	assert.Equal(t, "api.example.com", w.seen.URL.Host)
}

// A faulty Authenticator lets no call in, and its fault is not blamed on a
// token.
func TestFaultyAuthenticators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boom := errors.New("boom")
	for name, row := range map[string]struct {
		verdict *token.Token
		err     error
		want    error
	}{
		"nothing at all":                      {nil, nil, guard.ErrNoVerdict},
		"a token of nobody":                   {new(token.Token), nil, guard.ErrNoVerdict},
		"an error of its own":                 {nil, boom, boom},
		"two outcomes":                        {nil, errors.Join(token.ErrDenied, token.ErrExpired), token.ErrUnavailable},
		"two outcomes, one of them an outage": {nil, fmt.Errorf("%w: %w", token.ErrIssuer, token.ErrUnavailable), token.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := somebody(func(context.Context, token.Presentation) (*token.Token, error) { return row.verdict, row.err })
			for _, p := range []scope.Policy{scope.Authenticated, scope.Optional, {}} {
				verdict, _, err := w.decide(auth, p, []string{"Bearer abc"})
				require.Nil(t, verdict)
				require.ErrorIs(t, err, row.want)
				require.ErrorIs(t, err, token.ErrUnavailable)
				require.Equal(t, "unavailable", token.Reason(err))
				requireOneOutcome(t, err)
			}
		})
	}
}

func requireOneOutcome(t *testing.T, err error) {
	t.Helper()
	matched := 0
	for _, outcome := range []error{
		token.ErrMissing, token.ErrRequest, token.ErrInvalid, token.ErrScope, token.ErrStepUp, token.ErrDenied, token.ErrUnavailable,
	} {
		if errors.Is(err, outcome) {
			matched++
		}
	}
	require.Equal(t, 1, matched, "%v", err)
}

// Whatever an Authenticator of the user's own says, it is one bounded line, and
// what can be asked of its error can still be asked.
func TestErrorsOfAuthenticatorsAreOneLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hostile := "x\r\nlevel=INFO msg=allowed \x1b[2J " + strings.Repeat("é", 4000)
	own := &net.OpError{Op: hostile, Err: errors.New(hostile)}
	for name, err := range map[string]error{
		"no outcome":   own,
		"an outcome":   fmt.Errorf("%w: %w", token.ErrInactive, own),
		"a reason":     fmt.Errorf("%w: %w", token.ErrKeysUnavailable, own),
		"joined":       errors.Join(own, token.ErrDenied),
		"two outcomes": errors.Join(errors.New(hostile), token.ErrDenied, token.ErrExpired),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			auth := somebody(func(context.Context, token.Presentation) (*token.Token, error) { return nil, err })
			_, _, got := w.decide(auth, scope.Authenticated, []string{"Bearer abc"})
			requireOneOutcome(t, got)
			assert.True(t, printable.Is(got.Error()), "%q", got)
			assert.LessOrEqual(t, len(got.Error()), printable.MaxLine)
			if name != "two outcomes" {
				var found *net.OpError
				assert.ErrorAs(t, got, &found)
				assert.ErrorIs(t, got, own)
			}
			if token.IsOutcome(err) && name != "two outcomes" {
				assert.Equal(t, token.Reason(err), token.Reason(got))
			}
		})
	}
}

// A token that was good and not good enough is told along with the refusal, and
// none that was not good.
func TestTokenBesideARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	denies := scope.Authenticated.And(scope.Claims("never", func(struct{}) error { return token.ErrDenied }))
	for name, row := range map[string]struct {
		field  string
		policy scope.Policy
		want   error
		known  bool
	}{
		"scope":       {"Bearer " + w.Token(), scope.All("orders:read"), token.ErrScope, true},
		"denied":      {"Bearer " + w.Token(), denies, token.ErrDenied, true},
		"zero policy": {"Bearer " + w.Token(), scope.Policy{}, token.ErrDenied, true},
		"expired":     {"Bearer " + w.Token(tokentest.ExpiresIn(-time.Hour)), scope.All("orders:read"), token.ErrExpired, false},
		"garbage":     {"Bearer abc", scope.Optional, token.ErrMalformed, false},
		"missing":     {"", scope.All("orders:read"), token.ErrMissing, false},
	} {
		for who, auth := range merged(w.known, w.others) {
			t.Run(name+"/"+who, func(t *testing.T) {
				t.Parallel()
				verdict, _, err := w.decide(auth, row.policy, []string{row.field})
				require.ErrorIs(t, err, row.want)
				require.Equal(t, row.known, verdict != nil)
			})
		}
	}
}

// A caller that hangs up while its token is being judged makes no outage.
func TestCallerIsGone(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		err  error
		want error
	}{
		"hung up":                    {context.WithCancel, token.ErrKeysUnavailable, context.Canceled},
		"hung up, an own error":      {context.WithCancel, errors.New("boom"), context.Canceled},
		"hung up, and says so":       {context.WithCancel, context.Canceled, context.Canceled},
		"hung up, and was judged":    {context.WithCancel, token.ErrExpired, nil},
		"still there, and an outage": {func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} }, token.ErrKeysUnavailable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := row.end(t.Context())
			g := newGuard(somebody(func(context.Context, token.Presentation) (*token.Token, error) {
				cancel()
				return nil, row.err
			}))
			err := g.Decide(ctx, scope.Authenticated, []string{"Bearer abc"}, func() token.Call { return nil }).Err
			requireOneOutcome(t, err)
			assert.ErrorIs(t, err, row.err)
			if row.want == nil {
				assert.NotErrorIs(t, err, context.Canceled)
				return
			}
			assert.ErrorIs(t, err, row.want)
			assert.ErrorIs(t, err, token.ErrUnavailable)
		})
	}
}

func TestPass(t *testing.T) {
	t.Parallel()
	type key struct{}
	assert.Equal(t, guard.Pass{}, guard.PassOf(t.Context()))
	outer := guard.Pass{Fields: []string{"Bearer a"}, DPoP: []string{"p"}, Reported: true}
	inner := guard.Pass{Reported: true}
	ctx := outer.NewContext(context.WithValue(t.Context(), key{}, "v"), nil)
	assert.Equal(t, outer, guard.PassOf(ctx))
	assert.Equal(t, "v", ctx.Value(key{}))
	kept := new(guard.PassContext)
	assert.Same(t, kept, inner.NewContext(ctx, kept))
	assert.Equal(t, inner, guard.PassOf(kept))
}
