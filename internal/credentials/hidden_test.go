package credentials_test

import (
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/credentials"
)

// names are fields and metadata keys in use, and whether they are hidden as a
// field and as a metadata key.
var names = []struct {
	name            string
	field, metadata bool
}{
	{"authorization", true, true},
	{"proxy-authorization", true, true},
	{"grpcgateway-authorization", true, true},
	{"x-forwarded-authorization", true, true},
	{"x-original-authorization", true, true},
	{"x-serverless-authorization", true, true},
	{"dpop", true, true},
	{"grpcgateway-dpop", true, true},
	{"txn-token", true, true},
	{"grpcgateway-txn-token", true, true},
	{"access-token", true, true},
	{"x-access-token", true, true},
	{"x-forwarded-access-token", true, true},
	{"x-auth-request-access-token", true, true},
	{"x-ms-token-aad-access-token", true, true},
	{"x-amzn-oidc-accesstoken", true, true},
	{"x-amzn-oidc-data", true, true},
	{"grpcgateway-x-amzn-oidc-data", true, true},
	{"x-goog-iap-jwt-assertion", true, true},
	{"cf-access-jwt-assertion", true, true},
	{"x-auth-request-id-token", true, true},
	{"x-ms-token-aad-id-token", true, true},

	{"cookie", false, true},
	{"grpcgateway-cookie", false, true},

	{"", false, false},
	{"host", false, false},
	{"x-authorizationn", false, false},
	{"myauthorization", false, false},
	{"authorization-kind", false, false},
	{"dpop-nonce", false, false},
	{"xdpop", false, false},
	{"x-paid-token", false, false},
	{"x-api-key", false, false},
	{"x-csrf-token", false, false},
	{"x-amzn-oidc-identity", false, false},
	{"cookiejar", false, false},
	{"connection", false, false},
	{"content-location", false, false},
	{"accept", false, false},
	{"user-agent", false, false},
	{"x-request-id", false, false},
	{"traceparent", false, false},
	{"client-cert", false, false},
	{"signature-input", false, false},
}

func TestHidden(t *testing.T) {
	t.Parallel()
	for _, row := range names {
		for _, spelled := range []string{row.name, strings.ToUpper(row.name), textproto.CanonicalMIMEHeaderKey(row.name)} {
			assert.Equal(t, row.field, credentials.Hidden(spelled), "field %q", spelled)
			assert.Equal(t, row.metadata, credentials.HiddenInMetadata(spelled), "metadata %q", spelled)
		}
	}
}

func TestWithoutToken(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ cookies, want []string }{
		"no cookie":          {nil, nil},
		"another cookie":     {[]string{"lang=de; theme=dark"}, []string{"lang=de; theme=dark"}},
		"odd but another's":  {[]string{"lang=de;theme=dark; ;x"}, []string{"lang=de;theme=dark; ;x"}},
		"the token alone":    {[]string{"at=" + good}, nil},
		"first":              {[]string{"at=" + good + "; lang=de"}, []string{"lang=de"}},
		"in the middle":      {[]string{"a=1; at=" + good + "; lang=de"}, []string{"a=1; lang=de"}},
		"with a scheme":      {[]string{`lang=de; at="Bearer ` + good + `"`}, []string{"lang=de"}},
		"twice":              {[]string{"a=" + good + "; b=2; c=" + good}, []string{"b=2"}},
		"no space":           {[]string{"a=1;at=" + good + ";b=2"}, []string{"a=1; b=2"}},
		"in one of two":      {[]string{"a=1", "at=" + good}, []string{"a=1"}},
		"a name and a value": {[]string{good + "=1; at=" + good}, []string{good + "=1"}},
		"the shortest there": {[]string{"at=x" + good[:16]}, []string{"at=x" + good[:16]}},
		"another token":      {[]string{"at=" + good[:len(good)-1]}, []string{"at=" + good[:len(good)-1]}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept, found := credentials.WithoutToken(row.cookies, good)
			assert.Equal(t, row.want, kept)
			assert.Equal(t, !slices.Equal(row.want, row.cookies), found)
			for _, short := range []string{"", good[:15]} {
				kept, found = credentials.WithoutToken(row.cookies, short)
				assert.Equal(t, row.cookies, kept)
				assert.False(t, found)
			}
		})
	}
}

func TestWithoutToken_shortest(t *testing.T) {
	t.Parallel()
	kept, found := credentials.WithoutToken([]string{"at=" + good[:16] + "; lang=de"}, good[:16])
	assert.Equal(t, []string{"lang=de"}, kept)
	assert.True(t, found)
}

// No cookie that has the token in its value is left, for any cookies.
func FuzzWithoutToken(f *testing.F) {
	f.Add("a=1; at=token.token.token; b=2", "token.token.token")
	f.Add(";;=;token.token.token=token.token.token", "token.token.token")
	f.Add("a=to;k", "to;k")
	f.Fuzz(func(t *testing.T, field, raw string) {
		if len(raw) < 16 || strings.ContainsAny(raw, "; ") {
			return
		}
		kept, _ := credentials.WithoutToken([]string{field}, raw)
		for _, left := range kept {
			for pair := range strings.SplitSeq(left, ";") {
				if _, value, _ := strings.Cut(pair, "="); strings.Contains(value, raw) {
					t.Errorf("%q without %q is %q", field, raw, left)
				}
			}
		}
	})
}
