package answers_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// Whatever the settings and the policy say: a challenge that is written has
// one line of printable ASCII, and reads as what was meant.
func FuzzChallenge(f *testing.F) {
	f.Add("api", "", metadataURL, "read", "write", "loa2", int64(300))
	f.Add(`a"b\c`, "https://x/y", "", `re"ad`, "", "a b", int64(-1))
	f.Add("", "", metadataURL, "offline_access", "a", "offline_access", int64(0))
	f.Add("", "https://x/\"", "/relative", "\r\nSet-Cookie: a=b", "é", "\x00", int64(0))
	f.Add(`", error="invalid_token`, "https://x/%22", "https://[::1]/", "a,b", "c=d", ",", int64(1<<62))
	f.Fuzz(func(t *testing.T, realm, errorURI, metadata, scope1, scope2, acr string, age int64) {
		resource := scope.Resource{Realm: realm, Documentation: errorURI, Metadata: metadata, RepeatGranted: true}
		if resource.Validate() != nil {
			return
		}
		table := challenge.New(resource, bearer)
		held, err := token.Vouched("x", token.VouchedClaims{
			Issuer: "https://as.example.com", Audience: []string{"x"}, Subject: "alice", Scopes: []string{acr, "offline_access"}, Expiry: time.Now().Add(time.Hour),
		})
		if err != nil {
			held = nil
		}
		for _, err := range []error{
			token.ErrMissing, token.ErrRequest, token.ErrExpired, token.ErrDenied, token.ErrUnavailable,
			&token.ScopeError{Need: []string{scope1, scope2}, Token: held},
			&token.StepUpError{ACRValues: []string{acr}, MaxAge: time.Duration(age), Need: []string{scope1}},
		} {
			for _, value := range table.Answer(err, "Bearer", scope1).Challenges {
				params := readBack(t, value)
				same(t, "realm", params, cmp.Or(realm, "api"))
				optional(t, "resource_metadata", params, metadata)
				optional(t, "error_uri", params, errorURI)
				optional(t, "scope", params, scope1, scope2, scope1+" "+scope2, scope1+" "+acr, scope2+" "+acr, scope1+" "+scope2+" "+acr)
				if strings.Contains(" "+params["scope"]+" ", " offline_access ") {
					t.Errorf("scope is %q", params["scope"])
				}
				optional(t, "acr_values", params, acr)
			}
		}
	})
}

func same(t *testing.T, name string, params map[string]string, want string) {
	if got, ok := params[name]; !ok || got != want {
		t.Errorf("%s is %q, want %q", name, got, want)
	}
}

// optional allows a parameter to be left out, but not to say something else.
func optional(t *testing.T, name string, params map[string]string, allowed ...string) {
	got, ok := params[name]
	for _, want := range allowed {
		if !ok || got == want {
			return
		}
	}
	t.Errorf("%s is %q, want one of %q", name, got, allowed)
}

// readBack parses a challenge by the grammar of RFC 9110 §11, and fails the
// test if it does not follow it or names a parameter twice.
func readBack(t *testing.T, value string) map[string]string {
	rest, ok := strings.CutPrefix(value, "Bearer ")
	if !ok {
		t.Fatalf("%q is not of the Bearer scheme", value)
	}
	params := map[string]string{}
	for rest != "" {
		name, text, tail, err := readParam(rest)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		if _, twice := params[name]; twice {
			t.Fatalf("%q has %s twice", value, name)
		}
		params[name], rest = text, tail
	}
	if len(params) == 0 {
		t.Fatalf("%q has no parameter", value)
	}
	return params
}

func readParam(s string) (name, text, rest string, err error) {
	name, s, ok := strings.Cut(s, `="`)
	if !ok || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "", "", "", fmt.Errorf("bad parameter name %q", name)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return "", "", "", fmt.Errorf("byte %#x in %s", c, name)
		case c == '"':
			rest, more := strings.CutPrefix(s[i+1:], ", ")
			if !more && rest != "" {
				return "", "", "", fmt.Errorf("text %q after %s", rest, name)
			}
			return name, b.String(), rest, nil
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", "", fmt.Errorf("%s is not closed", name)
}
