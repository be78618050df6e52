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

// An answer may leave out what its Rules waive, and nothing that it has is waived.
func TestAnswer(t *testing.T) {
	t.Parallel()
	lax := claims.Answer{NoAudience: true, NoExpiry: time.Minute}
	for payload, row := range map[string]struct {
		answer   *claims.Answer
		required []string
		want     error
	}{
		good:                             {&claims.Answer{}, nil, nil},
		`{"aud":"api","exp":1700000300}`: {&claims.Answer{}, nil, nil},
		`{"aud":"api","exp":1700000301}`: {&claims.Answer{}, []string{"iss"}, rejection.Issuer},
		`{"aud":"api","exp":1700000302}`: {nil, nil, rejection.Issuer},
		`{"iss":"x","aud":"api"}`:        {&lax, nil, rejection.Issuer},
		`{"exp":1700000300}`:             {&claims.Answer{}, nil, rejection.Audience},
		`{"aud":"api"}`:                  {&claims.Answer{}, nil, rejection.Claim},
		`{}`:                             {&lax, nil, nil},
		`{"aud":null}`:                   {&lax, nil, rejection.Audience},
		`{"aud":[]}`:                     {&lax, nil, rejection.Audience},
		`{"aud":"other"}`:                {&lax, nil, rejection.Audience},
		`{"exp":null}`:                   {&lax, nil, rejection.Claim},
		`{"exp":1700000000}`:             {&lax, nil, rejection.Expired},
		`{"nonce":"n"}`:                  {&lax, nil, rejection.Type},
	} {
		rules := claims.New(claims.Settings{
			Issuer: "https://as.example", Audience: []string{"api"}, Answer: row.answer, Required: row.required, Time: func() time.Time { return now },
		})
		p, err := rules.Read(payload)
		require.NoError(t, err)
		var fault error
		set, all := rules.Check(&p, now, firstOf(&fault))
		require.ErrorIs(t, fault, row.want, payload)
		require.Equal(t, row.want == nil, all, payload)
		if !all {
			continue
		}
		require.NoError(t, rules.CheckAgain(set, now), payload)
		require.ErrorIs(t, rules.CheckAgain(set, now.Add(time.Hour)), rejection.Expired, payload)
		if len(set.Audience) > 0 {
			strict := claims.New(claims.Settings{Issuer: "https://as.example", Audience: []string{"other"}, Answer: &lax, Time: rules.Time})
			require.ErrorIs(t, strict.CheckAgain(set, now), rejection.Audience, payload)
		} else {
			strict := claims.New(claims.Settings{Issuer: "https://as.example", Audience: []string{"api"}, Answer: &claims.Answer{}, Time: rules.Time})
			require.ErrorIs(t, strict.CheckAgain(set, now), rejection.Audience, payload)
		}
	}
}

// The error names the setting that would let the claim pass, if there is one.
func TestAnswerNamesSettings(t *testing.T) {
	t.Parallel()
	for payload, row := range map[string]struct{ named, not string }{
		`{"exp":1700000300}`:                         {"Config.AllowMissingAudience", "Config.Audience"},
		`{"exp":1700000300,"aud":"x"}`:               {"Config.Audience", "Config.AllowMissingAudience"},
		`{"aud":"api"}`:                              {"Config.AllowMissingExpiry", "Config.Leeway"},
		`{"exp":1700000300,"aud":"api","nonce":"x"}`: {"nonce", "Config.Profile.Types"},
	} {
		rules := claims.New(claims.Settings{Issuer: "https://as.example", Audience: []string{"api"}, Answer: &claims.Answer{}})
		p, err := rules.Read(payload)
		require.NoError(t, err)
		var fault error
		_, all := rules.Check(&p, now, firstOf(&fault))
		require.False(t, all)
		assert.Contains(t, fault.Error(), row.named)
		assert.NotContains(t, fault.Error(), row.not)
	}
}

func firstOf(fault *error) func(string, error) bool {
	return func(_ string, err error) bool {
		*fault = err
		return err == nil
	}
}
