package scope_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// A rule that only reports is loud wherever a policy is printed, and changes
// nothing about the rules that are enforced.
func TestRehearsed(t *testing.T) {
	t.Parallel()
	user := vouched(t, "ada")
	for name, c := range map[string]struct {
		policy scope.Policy
		text   string
		all    bool  // nothing is enforced
		check  error // of a user without scopes
		would  error
	}{
		"zero":           {scope.Policy{}.Rehearsed(), "refused", false, token.ErrDenied, nil},
		"public":         {scope.Public.Rehearsed(), "public", false, nil, nil},
		"optional":       {scope.Optional.Rehearsed(), "REHEARSAL(optional)", true, nil, nil},
		"authenticated":  {scope.Authenticated.Rehearsed(), "REHEARSAL(authenticated)", true, nil, nil},
		"scope":          {scope.All("a").Rehearsed(), "REHEARSAL(all(a))", true, nil, token.ErrScope},
		"kept":           {scope.User.Rehearsed(), "REHEARSAL(user)", true, nil, nil},
		"beside":         {scope.User.And(scope.All("a").Rehearsed()), "user and REHEARSAL(all(a))", false, nil, token.ErrScope},
		"before":         {scope.All("a").Rehearsed().And(scope.User), "user and REHEARSAL(all(a))", false, nil, token.ErrScope},
		"enforced":       {scope.All("a").And(scope.Client.Rehearsed()), "all(a) and REHEARSAL(client)", false, token.ErrScope, token.ErrDenied},
		"two":            {scope.User.Rehearsed().And(scope.Client.Rehearsed()), "REHEARSAL(user and client)", true, nil, token.ErrDenied},
		"twice":          {scope.User.Rehearsed().Rehearsed(), "REHEARSAL(REHEARSAL(user))", true, nil, nil},
		"all of it":      {scope.User.And(scope.Client.Rehearsed()).Rehearsed(), "REHEARSAL(user and REHEARSAL(client))", true, nil, token.ErrDenied},
		"with zero":      {scope.User.Rehearsed().And(scope.Policy{}), "refused", false, token.ErrDenied, nil},
		"with public":    {scope.User.Rehearsed().And(scope.Public), "REHEARSAL(user)", true, nil, nil},
		"alternatives":   {scope.All("a").Or(scope.Client).Rehearsed(), "REHEARSAL(all(a) or client)", true, nil, token.ErrScope},
		"beside several": {scope.User.Or(scope.All("b")).And(scope.All("a").Rehearsed()), "(user or all(b)) and REHEARSAL(all(a))", false, nil, token.ErrScope},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.text, c.policy.String())
			assert.Equal(t, c.all, c.policy.IsRehearsed())
			assert.False(t, c.all && (c.policy.IsZero() || c.policy.IsPublic() || c.policy.IsOptional()))
			require.ErrorIs(t, c.policy.Check(user), c.check)
			require.ErrorIs(t, c.policy.CheckCall(t.Context(), user), c.check)
			require.ErrorIs(t, c.policy.WouldRefuse(t.Context(), user), c.would)
			if c.all {
				assert.NoError(t, c.policy.Check(nil))
			}
			assert.Empty(t, c.policy.And(scope.User).Rehearsed().Scopes(), "a challenge names no scope that is not enforced")
		})
	}
	for _, side := range []scope.Policy{scope.All("a").Rehearsed(), scope.All("a").And(scope.User.Rehearsed())} {
		for _, or := range []func(){func() { side.Or(scope.User) }, func() { scope.User.Or(side) }} {
			func() {
				defer func() {
					err, _ := recover().(error)
					assert.ErrorIs(t, err, token.ErrConfig)
				}()
				or()
			}()
		}
	}
}

// What a rehearsal would have refused stands in the log as a warning, with the
// limits of a refusal.
func TestLogOfARehearsal(t *testing.T) {
	t.Parallel()
	l := newLogged(slog.LevelInfo)
	trace := scope.LogTo(l.Logger, nil)
	for range 100 {
		trace.Allowed(context.Background(), scope.Decision{Rehearsed: token.ErrMissing, Policy: scope.User.Rehearsed()})
	}
	got := l.lines(t)
	require.Len(t, got, 10)
	assert.Equal(t, "WARN", got[0]["level"])
	assert.Equal(t, "call would be refused", got[0]["msg"])
	assert.Equal(t, "missing", got[0]["reason"])
	assert.Equal(t, "REHEARSAL(user)", got[0]["policy"])
}
