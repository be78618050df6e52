package rejection_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

func value(t *testing.T, text string) (v strict.Value) {
	t.Helper()
	require.NoError(t, strict.Members(`{"v":`+text+`}`, func(_ string, found strict.Value) { v = found }))
	return v
}

func TestText(t *testing.T) {
	t.Parallel()
	const date = 1_700_000_000
	long := `"` + strings.Repeat("v", 60) + `"`
	e := rejection.Error{Reason: rejection.Audience, Claim: "aud", Want: "x", Setting: "Config.Audience", Hint: hint("; try y")}
	for want, got := range map[string]*rejection.Error{
		"token: wrong audience: aud is absent, want x (see Config.Audience); try y": &e,
		`token: claim missing or wrong: c is "v"`:                                   (&rejection.Error{Reason: rejection.Claim, Claim: "c"}).Saw(value(t, `"v"`)),
		"token: claim missing or wrong: c is " + long:                               (&rejection.Error{Reason: rejection.Claim, Claim: "c"}).Saw(value(t, long)),
		"token: claim missing or wrong: c is null":                                  (&rejection.Error{Reason: rejection.Claim, Claim: "c"}).Saw(value(t, "null")),
		"token: bad signature: EOF":                                                 {Reason: rejection.Signature, Cause: io.EOF},
		"token: expired: exp is 2023-11-14T22:13:20Z, expired 5s ago with a leeway of 1s": {
			Reason: rejection.Expired, Claim: "exp", Form: rejection.Past, Date: date, Now: date + 5, Leeway: time.Second,
		},
	} {
		assert.Equal(t, want, got.Error())
		assert.Equal(t, want, fmt.Sprintf("%#v", got))
	}
	assert.NotContains(t, (e.Saw(value(t, "5"))).Error(), "try y", "the claim is there")
}

type hint string

func (h hint) String() string { return string(h) }

// An error matches its reason, that reason's ancestors, and what caused it, but
// no outcome that the cause matches.
func TestMatching(t *testing.T) {
	t.Parallel()
	err := error(&rejection.Error{Reason: rejection.TooLarge, Cause: errors.Join(io.EOF, rejection.KeysUnavailable)})
	for _, target := range []error{rejection.TooLarge, rejection.Malformed, rejection.Invalid, io.EOF} {
		require.ErrorIs(t, err, target)
	}
	for _, target := range []error{rejection.KeysUnavailable, rejection.Unavailable, io.ErrUnexpectedEOF} {
		require.NotErrorIs(t, err, target)
	}
	var s *rejection.Sentinel
	require.ErrorAs(t, err, &s)
	assert.Equal(t, "too_large", s.Name())
}

// Metrics make a series for each sentinel in All: one that is not there would
// appear only when it is too late to see it come.
func TestAllIsComplete(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("sentinel.go")
	require.NoError(t, err)
	var declared, listed []string
	for _, m := range regexp.MustCompile(`= (?:outcome|[A-Za-z]+\.because)\("([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		declared = append(declared, m[1])
	}
	for _, s := range rejection.All() {
		listed = append(listed, s.Name())
	}
	assert.Greater(t, len(declared), 20)
	assert.Equal(t, declared, listed)
}
