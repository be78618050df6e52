package scope_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// A refusal names the rule that refused, what was seen and what was wanted, in
// one line, whatever an application's own errors say.
func TestRefusalsNameTheRule(t *testing.T) {
	t.Parallel()
	issued := newJudge(t)
	saying := func(name string, err error) scope.Policy {
		return scope.Claims(name, func(struct{}) error { return err })
	}
	for name, c := range map[string]struct {
		policy scope.Policy
		edits  []tokentest.Edit
		want   error
		says   string
	}{
		"user, a client":     {scope.User, with(tokentest.ClientCredentials()), token.ErrDenied, `scope: rule "user": access denied: subject is a client, want a user`},
		"client, a user":     {scope.Client, nil, token.ErrDenied, `scope: rule "client": access denied: subject is a user, want a client`},
		"user, unknown":      {scope.User, with(unproven), token.ErrSubjectUnknown, `scope: rule "user": the kind of subject is unknown, want a user (see Config.Profile.Users)`},
		"client, unknown":    {scope.Client, with(unproven), token.ErrSubjectUnknown, `scope: rule "client": the kind of subject is unknown, want a client (see Config.Profile.Clients)`},
		"the second of two":  {scope.User.And(ofTenant("red")), nil, token.ErrDenied, `scope: rule "tenant red": access denied: another tenant`},
		"an outcome":         {saying("never", token.ErrDenied), nil, token.ErrDenied, `scope: rule "never": access denied`},
		"step-up":            {saying("recent", &token.StepUpError{MaxAge: time.Minute}), nil, token.ErrStepUp, `scope: rule "recent": insufficient user authentication: need authentication at most 1m0s ago`},
		"claims do not fit":  {ofTenant("red"), with(tokentest.Claim("tenant", []string{"red"})), token.ErrClaim, `scope: rule "tenant red": claim missing or wrong: tenant is ["red"], want a value that fits the Go type`},
		"two outcomes":       {saying("both", errors.Join(token.ErrScope, token.ErrDenied)), nil, token.ErrDenied, `scope: rule "both": access denied`},
		"hostile texts":      {saying("a\nb\x1b", errors.New("c\r\nd\x00\u2028"+strings.Repeat("x", 5000))), nil, token.ErrDenied, `scope: rule "a\nb\x1b": access denied: c; d\x00\u2028xxx`},
		"scopes":             {scope.All("a", "b").And(scope.User), with(tokentest.Scope("a", "c")), token.ErrScope, `token: insufficient scope: need a b; the token has "a c"`},
		"scopes elsewhere":   {scope.All("a"), with(tokentest.WithoutClaim("scope"), tokentest.Claim("scp", "a")), token.ErrScope, `but it has "scp" (see Config.Profile.ScopeClaim)`},
		"any of some scopes": {scope.Any("a", "b"), with(tokentest.Scope("c")), token.ErrScope, `need a b; the token has "c"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.policy.Check(issued.token(t, c.edits...))
			require.ErrorIs(t, err, c.want)
			assert.Equal(t, 1, outcomes(err))
			assert.Equal(t, token.Reason(c.want), token.Reason(err))
			assert.ErrorContains(t, err, c.says)
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine, err)
		})
	}
}

// What an application returns can be had back from the refusal.
func TestRefusalsKeepWhatTheApplicationSaid(t *testing.T) {
	t.Parallel()
	tok := newJudge(t).token(t)
	var stepUp *token.StepUpError
	err := scope.Claims("recent", func(struct{}) error { return &token.StepUpError{MaxAge: time.Minute} }).Check(tok)
	require.ErrorAs(t, err, &stepUp)
	assert.Equal(t, time.Minute, stepUp.MaxAge)

	var full *quotaError
	err = scope.Claims("quota", func(struct{}) error { return &quotaError{7} }).Check(tok)
	require.ErrorAs(t, err, &full)
	assert.Equal(t, 7, full.used)
	assert.False(t, errors.As(err, &stepUp))
	assert.NotErrorIs(t, err, errOtherTenant)
	require.ErrorAs(t, scope.User.Check(newJudge(t).token(t, unproven)), new(error))
}

type quotaError struct{ used int }

func (*quotaError) Error() string { return "quota used up" }

// A refusal that is not read formats nothing. What a scope refusal allocates is
// the list of scopes for the challenge.
func TestRefusalsFormatNothing(t *testing.T) {
	issued := newJudge(t)
	user, unknown := issued.token(t), issued.token(t, unproven)
	deny := scope.Claims("never", func(struct{}) error { return errOtherTenant })
	baseline := testing.AllocsPerRun(100, func() { _, _ = token.ClaimsOf[struct{}](user) })
	for name, c := range map[string]struct {
		policy scope.Policy
		token  *token.Token
		most   float64
	}{
		"wrong kind":   {scope.Client, user, 0},
		"unknown kind": {scope.User, unknown, 0},
		"scope":        {scope.All("a"), user, 2},
		"claims":       {deny, user, baseline + 2},
	} {
		assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _ = c.policy.Check(c.token) }), c.most, name)
	}
}

func TestNeverMet(t *testing.T) {
	t.Parallel()
	issuer := tokentest.NewIssuer(t, nil)
	verifier := func(profile token.Profile) token.Authenticator {
		cfg := issuer.Config()
		cfg.Profile = profile
		v, err := token.NewVerifier(cfg)
		require.NoError(t, err)
		return v
	}
	plain, marked := verifier(token.Profile{}), verifier(issuer.Config().Profile)
	for name, c := range map[string]struct {
		policy scope.Policy
		auth   token.Authenticator
		says   []string // nil: it can be met
	}{
		"user without marks":      {scope.All("a").And(scope.User), plain, []string{`rule "user"`, `all(a) and user`, "Config.Profile.Users"}},
		"user with marks":         {scope.All("a").And(scope.User), marked, nil},
		"client without marks":    {scope.Client, plain, nil},
		"client of no issuer yet": {scope.Client, token.ByIssuer(nil), nil},
		"user of one of several":  {scope.User, token.ByIssuer(map[string]token.Authenticator{issuer.Identifier(): marked}), nil},
		"user of none of several": {scope.User, token.ByIssuer(map[string]token.Authenticator{issuer.Identifier(): plain}), []string{`rule "user"`}},
		"not known":               {scope.User, struct{ token.Authenticator }{plain}, nil},
		"nothing":                 {scope.User, nil, nil},
		"user and client":         {scope.User.And(scope.Client), marked, []string{"user and client", "no subject is both"}},
		"user twice":              {scope.User.And(scope.User), marked, nil},
		"public":                  {scope.Public, plain, nil},
		"other rules":             {scope.All("a").And(ofTenant("red")), plain, nil},
		"the zero policy":         {scope.Policy{}, plain, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.policy.NeverMet(c.auth)
			if c.says == nil {
				assert.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, token.ErrConfig)
			for _, text := range c.says {
				assert.ErrorContains(t, err, text)
			}
		})
	}
}
