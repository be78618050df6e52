package introspect_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// FuzzAnswer: whatever an endpoint answers, a token passes only if a plain reader finds the
// same in it, and every refusal has one outcome and one line.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"active":false}`, `{"active":true}`, `{"active":"true"}`, `{"active":true,"active":false}`, `[]`, ``, `{`, `{"active":true,"exp":1e99}`,
		`{"active":true,"aud":["https://api.example.com"],"sub":"a","client_id":"b","exp":4102444800}`,
		`{"active":true,"aud":"https://api.example.com","sub":"a","client_id":"b","exp":4102444800,"cnf":{},"token_type":"DPoP"}`,
		"{\"active\":true,\"sub\":\"\\ud800\"}",
	} {
		f.Add(seed, 200)
		f.Add(seed, 400)
	}
	f.Add(`{"error":"invalid_token"}`, 400)
	f.Add(`{"error":"invalid_client"}`, 400)
	f.Fuzz(func(t *testing.T, body string, status int) {
		a := authenticator(t, &issuer{answer: always(answer{status: status, body: body})})
		got, err := judge(t, a, "opaque-1")
		if err == nil {
			requireSame(t, got, status, body)
			return
		}
		require.True(t, token.IsOutcome(err))
		require.NotEqual(t, errors.Is(err, token.ErrInvalid), errors.Is(err, token.ErrUnavailable))
		require.False(t, strings.ContainsAny(err.Error(), "\r\n"))
		if status != 200 && status != 400 {
			require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
		}
	})
}

// requireSame holds a good token against encoding/json.
func requireSame(t *testing.T, got *token.Token, status int, body string) {
	t.Helper()
	require.Equal(t, 200, status)
	var plain map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &plain))
	require.Equal(t, true, plain["active"])
	require.Equal(t, plain["sub"], got.Subject())
	require.Equal(t, plain["client_id"], got.ClientID())
	require.Contains(t, got.Audience(), audience)
	require.NotContains(t, plain, "cnf")
	require.Greater(t, plain["exp"], float64(time.Now().Add(-time.Minute).Unix()))
}

// FuzzSignedAnswer: nothing but an answer with a good signature lets a token pass.
func FuzzSignedAnswer(f *testing.F) {
	s := newSigner(f)
	good := s.answer(f, nil).body
	for _, seed := range []string{good, good[:len(good)-4], strings.Replace(good, ".", "..", 1), "a.b.c", "", `{"active":true}`} {
		f.Add(seed, "application/token-introspection+jwt")
	}
	f.Add(good, "application/json")
	f.Fuzz(func(t *testing.T, body, media string) {
		synctest.Test(t, func(t *testing.T) {
			a := authenticator(t, &issuer{answer: always(signedAs(media, body))}, s.require)
			_, err := judge(t, a, "opaque-1")
			if body != good {
				require.ErrorIs(t, err, token.ErrIntrospectionUnavailable)
			}
		})
	})
}
