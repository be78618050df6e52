package token_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/token"
)

// keeping is a call that keeps what it is asked to respond.
type keeping struct {
	token.Call
	kept *token.Field
}

func (k keeping) Respond(f token.Field) bool {
	*k.kept = f
	return true
}

// Only fields of the closed set are sent, with values that can stand in a
// header field and in gRPC metadata.
func TestRespond(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		field, value string
		want         bool
	}{
		"a nonce":              {"DPoP-Nonce", "eyJ7S_zG.eyJH0-Z~", true},
		"information":          {"Authentication-Info", `a="b, c"`, true},
		"the longest":          {"DPoP-Nonce", strings.Repeat("x", 1024), true},
		"too long":             {"DPoP-Nonce", strings.Repeat("x", 1025), false},
		"empty":                {"DPoP-Nonce", "", false},
		"another field":        {"Set-Cookie", "a=b", false},
		"another spelling":     {"dpop-nonce", "x", false},
		"two lines":            {"DPoP-Nonce", "x\r\nSet-Cookie: a=b", false},
		"not ASCII":            {"Authentication-Info", "é", false},
		"space around":         {"Authentication-Info", " x", false},
		"space after":          {"Authentication-Info", "x ", false},
		"a nonce: a space":     {"DPoP-Nonce", "a b", false},
		"a nonce: a quote":     {"DPoP-Nonce", `a"b`, false},
		"a nonce: a backslash": {"DPoP-Nonce", `a\b`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var kept token.Field
			p := token.Presentation{Call: keeping{kept: &kept}}
			assert.Equal(t, row.want, p.Respond(row.field, row.value))
			if row.want {
				assert.Equal(t, row.field, kept.Name())
				assert.Equal(t, row.value, kept.Value())
			}
			assert.Equal(t, row.want, kept.Name() != "")
			assert.False(t, token.Presentation{}.Respond(row.field, row.value), "there is no call")
			assert.False(t, token.Presentation{Call: token.Request{}}.Respond(row.field, row.value), "there is no response")
		})
	}
}
