package answers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token"
)

// own is an error with a challenge of its own.
type own struct {
	code, text string
	outcome    error
}

func (own) Error() string              { return "own" }
func (o own) Unwrap() error            { return o.outcome }
func (o own) Challenge() (_, _ string) { return o.code, o.text }

var _ token.Challenger = own{}

// An error about what came with a token brings its code and its sentence, over
// both transports.
func TestChallengeOfAnErrorsOwn(t *testing.T) {
	t.Parallel()
	table := baseline(t)
	const code, text = "use_dpop_nonce", "A DPoP nonce is required"
	for _, err := range []error{
		own{code, text, token.ErrBinding}, fmt.Errorf("while verifying: %w", own{code, text, token.ErrInvalid}),
		token.AsOutcome(own{code, text, token.ErrBinding}, token.ErrUnavailable),
	} {
		got := table.Answer(err, "Bearer")
		assert.Equal(t, 401, got.Status)
		assert.Equal(t, []string{`Bearer realm="api", error="use_dpop_nonce", error_description="A DPoP nonce is required", ` + rm}, got.Challenges)
		assert.Equal(t, uint32(16), got.Code)
		assert.Equal(t, "USE_DPOP_NONCE", got.Reason)
		assert.Equal(t, text, got.Message)
	}
}

// What cannot stand in a challenge, and what is about another outcome, gets the
// answer of the outcome.
func TestChallengeThatDoesNotFit(t *testing.T) {
	t.Parallel()
	table := baseline(t)
	for name, err := range map[string]own{
		"no code":                {"", "x", token.ErrBinding},
		"code in upper case":     {"X", "x", token.ErrBinding},
		"code with a quote":      {`x", scope="admin`, "x", token.ErrBinding},
		"code before digits":     {"/", "x", token.ErrBinding},
		"code behind digits":     {":", "x", token.ErrBinding},
		"code before letters":    {"`", "x", token.ErrBinding},
		"code behind letters":    {"{", "x", token.ErrBinding},
		"code with a space":      {"a b", "x", token.ErrBinding},
		"code of 64 bytes":       {strings.Repeat("x", 64), "x", token.ErrBinding},
		"code of a bad request":  {"invalid_request", "x", token.ErrBinding},
		"code of too few scopes": {"insufficient_scope", "x", token.ErrBinding},
		"code of a step-up":      {"insufficient_user_authentication", "x", token.ErrBinding},
		"no sentence":            {"x", "", token.ErrBinding},
		"sentence of two lines":  {"x", "a\r\nb", token.ErrBinding},
		"sentence with a quote":  {"x", `a"b`, token.ErrBinding},
		"a backslash":            {"x", `a\b`, token.ErrBinding},
		"sentence not ASCII":     {"x", "é", token.ErrBinding},
		"sentence of 201 bytes":  {"x", strings.Repeat("x", 201), token.ErrBinding},
		"an outage":              {"x", "x", token.ErrUnavailable},
		"denied":                 {"x", "x", token.ErrDenied},
		"missing":                {"x", "x", token.ErrMissing},
	} {
		assert.Equal(t, table.Answer(err.outcome, "Bearer"), table.Answer(err, "Bearer"), name)
	}
	assert.Equal(t, "AZ_09", table.Answer(own{"az_09", "x", token.ErrBinding}, "Bearer").Reason)
	longest := table.Answer(own{strings.Repeat("x", 63), strings.Repeat("y", 200), token.ErrBinding}, "Bearer")
	assert.Equal(t, strings.Repeat("X", 63), longest.Reason)
	assert.Equal(t, strings.Repeat("y", 200), longest.Message)
}
