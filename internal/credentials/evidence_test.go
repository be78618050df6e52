package credentials_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/credentials"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// Operators can tell apart what callers are told in one sentence, and no text
// shows what was sent as a secret.
func TestEvidence(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	for name, row := range map[string]struct {
		fields  []string
		says    string
		outcome error
	}{
		"no field":                    {nil, "no Authorization field", token.ErrMissing},
		"empty":                       {[]string{" \t"}, "is empty", token.ErrMissing},
		"a bare token":                {[]string{good + secret}, "no scheme: it looks like a bare token", token.ErrMissing},
		"a bare token with padding":   {[]string{"YWJj/" + secret + "=="}, "no scheme: it looks like a bare token", token.ErrMissing},
		"one word":                    {[]string{"hunter" + secret}, "no scheme: it looks like a bare token", token.ErrMissing},
		"one word, no token68":        {[]string{"hunter!" + secret}, "no scheme: it looks like a bare token", token.ErrMissing},
		"Basic":                       {[]string{"Basic " + secret}, `has the scheme "Basic", want Bearer`, token.ErrMissing},
		"Token":                       {[]string{"Token " + secret}, `has the scheme "Token", want Bearer`, token.ErrMissing},
		"JWT":                         {[]string{"JWT " + secret}, `has the scheme "JWT", want Bearer`, token.ErrMissing},
		"Negotiate":                   {[]string{"Negotiate  " + secret}, `has the scheme "Negotiate", want Bearer`, token.ErrMissing},
		"a hyphen in the scheme":      {[]string{"Token-Auth " + secret}, `has the scheme "Token-Auth", want Bearer`, token.ErrMissing},
		"a secret with an underscore": {[]string{"secret_secret " + secret}, "has another scheme than Bearer", token.ErrMissing},
		"letters, as many as may be":  {[]string{strings.Repeat("z", 20) + " " + secret}, `has the scheme "zzzzzzzzzzzzzzzzzzzz"`, token.ErrMissing},
		"a token and a word":          {[]string{good + secret + " x"}, "has another scheme than Bearer", token.ErrMissing},
		"a secret and a word":         {[]string{secret + " x"}, "has another scheme than Bearer", token.ErrMissing},
		"letters, too many":           {[]string{strings.Repeat("a", 21) + " " + secret}, "has another scheme than Bearer", token.ErrMissing},
		"a control character":         {[]string{"\x01" + secret}, "has another scheme than Bearer", token.ErrMissing},
		"a word and a colon":          {[]string{"Token: " + secret}, "has another scheme than Bearer", token.ErrMissing},
		"two fields":                  {[]string{"Bearer " + secret, "Bearer " + secret}, "there are 2 Authorization fields, want one", credentials.ErrMultiple},
		"three fields":                {[]string{"Bearer " + secret, "", ""}, "there are 3 Authorization fields, want one", credentials.ErrMultiple},
		"a scheme and no token":       {[]string{"Bearer"}, "not a scheme, spaces and one token", credentials.ErrMalformed},
		"an accepted scheme, no form": {[]string{"Bearer " + secret + " x"}, "not a scheme, spaces and one token", credentials.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := credentials.Parse(row.fields, "Bearer")
			assert.ErrorIs(t, err, row.outcome)
			assert.Equal(t, token.Reason(row.outcome), token.Reason(err))
			assert.ErrorContains(t, err, row.says)
			assert.Equal(t, printable.Line(err.Error()), err.Error())
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
				assert.NotContains(t, text, secret)
			}
		})
	}
}
