package settings_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// written is how a file says each field, in the object that the type has there.
var written = map[string]string{
	"Config.Issuer":         "issuer: https://as.example.com",
	"Config.Audience":       "audience: [x]",
	"Config.Algorithms":     "algorithms: [RS256]",
	"Config.ScopeImplies":   "scope_implies: {'photos:write': ['photos:read']}",
	"Config.Leeway":         "leeway: 10s",
	"Config.ExtendedLeeway": "extended_leeway: true",
	"Config.MaxLifetime":    "max_lifetime: 1h",
	"Config.MaxTokenSize":   "max_token_size: 2048",
	"Config.RequireKeyID":   "require_key_id: true",
	"Config.CacheSize":      "cache_size: -1",
	"Config.Profile":        "profile: {base: legacy}",

	"Profile.Types":            "types: [JWT]",
	"Profile.AllowMissingType": "allow_missing_type: true",
	"Profile.ScopeClaim":       "scope_claim: scp",
	"Profile.ScopeList":        "scope_list: true",
	"Profile.Scopes":           "scopes: [{claim: a}]",
	"Profile.Sets":             "sets: {roles: [{claim: a}]}",
	"Profile.ClientIDClaim":    "client_id_claim: azp",
	"Profile.AudienceClaim":    "audience_claim: client_id",
	"Profile.Required":         "required: [a]",
	"Profile.ClientIDs":        "client_ids: [a]",
	"Profile.Rules":            "rules: [{claim: a, present: true}]",
	"Profile.Users":            "users: [{claim: a, present: true}]",
	"Profile.Clients":          "clients: [{claim: a, present: true}]",

	"Mark.Claim":    "claim: b, present: true",
	"Mark.Path":     "claim: /b/c, present: true",
	"Mark.Shape":    "claim: b, shape: list, values: [x]",
	"Mark.Values":   "claim: b, values: [x]",
	"Mark.Prefix":   "claim: b, prefix: x",
	"Mark.Suffix":   "claim: b, suffix: x",
	"Mark.ClientID": "claim: b, client_id: true",
	"Mark.Present":  "claim: b, present: true",
	"Mark.Absent":   "claim: b, absent: true",
	"Mark.Not":      "claim: b, prefix: x, not: true",

	"Source.Claim": "claim: b",
	"Source.Path":  "claim: /b/c",
	"Source.Shape": "claim: b, shape: list",

	"Template.Issuer":   "template: 'https://as.example.com/{t}', any_value: true",
	"Template.Values":   "values: [a], template: 'https://as.example.com/{t}'",
	"Template.AnyValue": "any_value: true, template: 'https://as.example.com/{t}'",
	"Template.Claim":    "claim: tid, any_value: true, template: 'https://as.example.com/{t}'",

	"RemoteConfig.DiscoverAt":      "discover_at: https://inside.example.com",
	"RemoteConfig.Proxy":           "proxy: http://proxy.example.com:3128",
	"RemoteConfig.PlainHTTPHosts":  "plain_http_hosts: [keycloak]",
	"RemoteConfig.TokenFile":       "token_file: token",
	"RemoteConfig.URLs":            "urls: [https://as.example.com/jwks]",
	"RemoteConfig.AllowHosts":      "allow_hosts: [as.example.com]",
	"RemoteConfig.SameHost":        "same_host: true",
	"RemoteConfig.DefaultLifetime": "default_lifetime: 5m",
	"RemoteConfig.MinLifetime":     "min_lifetime: 5m",
	"RemoteConfig.MaxLifetime":     "max_lifetime: 5h",
	"RemoteConfig.StaleFor":        "stale_for: 5h",
	"RemoteConfig.RefetchInterval": "refetch_interval: 10s",
	"RemoteConfig.FetchTimeout":    "fetch_timeout: 1s",
}

// unwritten are the fields that a file does not have, with the reason.
var unwritten = map[string]string{
	"Template.Allow":          "code of the program",
	"Template.Config":         "the other fields of the issuer",
	"Template.Discovery":      "keys, of a template without urls and file",
	"Config.Keys":             "Keys says where they are",
	"Config.Confirmations":    "code of the program",
	"Config.RequireBound":     "goes with Confirmations, and refuses every token without them",
	"Config.HTTPClient":       "a value of the program",
	"Config.RootCAs":          "root_cas_file in keys",
	"Config.Time":             "a value of the program",
	"RemoteConfig.Issuer":     "that of the Config",
	"RemoteConfig.HTTPClient": "a value of the program",
	"RemoteConfig.RootCAs":    "root_cas_file",
	"RemoteConfig.Snapshot":   "state, which each start writes anew",
	"RemoteConfig.Trace":      "code of the program",
	"RemoteConfig.Time":       "a value of the program",
	"RemoteConfig.Jitter":     "a value of the program",
}

// in is a file with text in the object that the type has there, and the value
// that Parse makes of that object.
func in(t *testing.T, typ reflect.Type, text string) reflect.Value {
	t.Helper()
	switch typ {
	case reflect.TypeFor[token.Config]():
		if strings.HasPrefix(text, "issuer") || strings.HasPrefix(text, "audience") {
			text = "leeway: 1s"
		}
		return reflect.ValueOf(parse(t, head+"    "+text+"\n").Issuers[0].Config)
	case reflect.TypeFor[token.Profile]():
		return reflect.ValueOf(parse(t, head+"    profile: {"+text+"}\n").Issuers[0].Config.Profile)
	case reflect.TypeFor[token.Mark]():
		return reflect.ValueOf(parse(t, head+"    profile: {rules: [{"+text+"}]}\n").Issuers[0].Config.Profile.Rules[0])
	case reflect.TypeFor[token.Source]():
		return reflect.ValueOf(parse(t, head+"    profile: {scopes: [{"+text+"}]}\n").Issuers[0].Config.Profile.Scopes[0])
	case reflect.TypeFor[token.Template]():
		i := parse(t, "issuers:\n- {audience: [x], "+text+"}\n").Issuers[0]
		return reflect.ValueOf(token.Template{Issuer: i.Template, Values: i.Values, AnyValue: i.AnyValue, Claim: i.Claim})
	default:
		return reflect.ValueOf(parse(t, head+"    keys: {"+text+"}\n").Issuers[0].Keys.Remote)
	}
}

var types = []reflect.Type{
	reflect.TypeFor[token.Config](), reflect.TypeFor[token.Profile](), reflect.TypeFor[token.Mark](), reflect.TypeFor[token.Source](),
	reflect.TypeFor[jwks.RemoteConfig](), reflect.TypeFor[token.Template](),
}

// A field that a file cannot have could only be set by building the service anew.
func TestEveryFieldHasAForm(t *testing.T) {
	t.Parallel()
	fields := map[string]bool{}
	for _, typ := range types {
		for i := range typ.NumField() {
			name := typ.Name() + "." + typ.Field(i).Name
			fields[name] = true
			text, ok := written[name]
			assert.NotEqual(t, ok, unwritten[name] != "", "%s is either in a file or not, with a reason", name)
			if !ok {
				continue
			}
			assert.False(t, in(t, typ, text).Field(i).IsZero(), "%s is not set by %s", name, text)
		}
	}
	for name := range written {
		assert.True(t, fields[name], name)
	}
	for name := range unwritten {
		assert.True(t, fields[name], name)
	}
}

// The page has every field, and each of its files can be read.
func TestDocumentedForm(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/settings.md")
	require.NoError(t, err)
	files := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, files, 2)
	for _, file := range files {
		f := parse(t, file[1])
		text, err := settings.Marshal(f)
		require.NoError(t, err)
		assert.Equal(t, f.Issuers, parse(t, string(text)).Issuers)
		assert.Equal(t, f.Operations, parse(t, string(text)).Operations)
	}
	table, err := parse(t, files[1][1]).Table(notBlocked("not blocked"))
	require.NoError(t, err)
	assert.Len(t, table.Operations(), 4)
	for name, text := range written {
		field, _, _ := strings.Cut(text[strings.LastIndex(", "+text, ", "):], ":")
		if !strings.HasPrefix(name, "Mark.") && !strings.HasPrefix(name, "Source.") {
			field, _, _ = strings.Cut(text, ":")
		}
		assert.Regexp(t, `[ {\-]`+field+": ", files[1][1], name)
	}
	for _, field := range []string{"values", "prefix", "suffix", "client_id", "present", "absent", "not", "shape", "file", "root_cas_file"} {
		assert.Regexp(t, `[ {]`+field+": ", files[1][1])
	}
	for s := token.ShapeText; s <= token.ShapeBoolean; s++ {
		assert.Contains(t, string(page), fmt.Sprintf("`%s`", s))
	}
}
