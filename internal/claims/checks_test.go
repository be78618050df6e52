package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/rejection"
)

const good = `{"iss":"https://as.example","aud":"api","exp":1700000300}`

var now = time.Unix(1_700_000_000, 0)

// Check depends on nothing that was looked at before: it makes each check by
// itself, iss included.
func TestCheckStandsAlone(t *testing.T) {
	t.Parallel()
	rules := claims.New(claims.Settings{Issuer: "https://as.example", Audience: []string{"api"}})
	for payload, want := range map[string]error{
		good: nil,
		`{"iss":"https://evil.example","aud":"api","exp":1700000300}`: rejection.Issuer,
		`{"iss":["https://as.example"],"aud":"api","exp":1700000300}`: rejection.Issuer,
		`{"aud":"api","exp":1700000300}`:                              rejection.Issuer,
		`{"iss":"https://as.example","aud":"x","exp":1700000300}`:     rejection.Audience,
		`{"iss":"https://as.example","aud":"api","exp":1700000000}`:   rejection.Expired,
	} {
		p, err := rules.Read(payload)
		require.NoError(t, err)
		var fault error
		_, all := rules.Check(&p, now, firstOf(&fault))
		require.ErrorIs(t, fault, want, payload)
		assert.Equal(t, want == nil, all, payload)
	}
}

// CheckAgain holds a Set against the Rules and the time it is given, and
// not against those that it has passed.
func TestCheckAgain(t *testing.T) {
	t.Parallel()
	rules := claims.New(claims.Settings{Issuer: "https://as.example", Audience: []string{"api"}})
	p, err := rules.Read(good)
	require.NoError(t, err)
	var fault error
	set, all := rules.Check(&p, now, firstOf(&fault))
	require.True(t, all, fault)
	for name, row := range map[string]struct {
		audience string
		now      time.Time
		want     error
	}{
		"as before":          {"api", now, nil},
		"to the last second": {"api", now.Add(299 * time.Second), nil},
		"expired":            {"api", now.Add(300 * time.Second), rejection.Expired},
		"another audience":   {"other", now, rejection.Audience},
	} {
		again := claims.New(claims.Settings{Issuer: "https://as.example", Audience: []string{row.audience}})
		assert.ErrorIs(t, again.CheckAgain(set, row.now), row.want, name)
	}
}

func firstOf(fault *error) func(string, error) bool {
	return func(_ string, err error) bool {
		*fault = err
		return err == nil
	}
}
