package openapipostern_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/scope/openapipostern"
	"github.com/postern-go/postern/token"
)

var (
	good    = operation("      security: [{login: [a]}]\n", "")
	options = openapipostern.Options{Schemes: []string{"login", "other", "connect", "bearer", "dpop"}, Elsewhere: []string{"key", "key2"}}
)

// refused wants an error about the configuration and no Description, in lines
// that are safe to log.
func refused(t *testing.T, document string, o openapipostern.Options) {
	t.Helper()
	d, err := openapipostern.Read([]byte(document), o)
	require.ErrorIs(t, err, token.ErrConfig)
	require.Nil(t, d)
	for l := range strings.SplitSeq(err.Error(), "\n") {
		assert.LessOrEqual(t, len(l), 3000)
		assert.False(t, strings.ContainsFunc(l, func(c rune) bool { return c < ' ' || c > '~' }), "%q", l)
	}
	t.Log(err)
}

// read wants a Description.
func read(t *testing.T, document string, o openapipostern.Options) *openapipostern.Description {
	t.Helper()
	d, err := openapipostern.Read([]byte(document), o)
	require.NoError(t, err)
	return d
}

// TestRefusedSecurity makes one change to a good document: to the security of
// its operation.
func TestRefusedSecurity(t *testing.T) {
	t.Parallel()
	read(t, good, options)
	for name, c := range map[string]struct{ own, document string }{
		"nothing anywhere":                        {"", ""},
		"null":                                    {"      security:\n", ""},
		"null, with security of the document":     {"      security:\n", "security: [{login: [a]}]\n"},
		"null in the document":                    {"", "security:\n"},
		"empty list in the document":              {"", "security: []\n"},
		"anonymous in the document":               {"", "security: [{}]\n"},
		"anonymous beside another in it":          {"", "security: [{login: []}, {}]\n"},
		"elsewhere alone in the document":         {"", "security: [{key: []}]\n"},
		"no scopes of null in the document":       {"", "security: [{login: }]\n"},
		"an alternative behind no scopes":         {"      security: [{bearer: []}, {login: [a]}]\n", ""},
		"an object":                               {"      security: {login: [a]}\n", ""},
		"text":                                    {"      security: login\n", ""},
		"a requirement of null":                   {"      security: [null]\n", ""},
		"a requirement of null beside another":    {"      security:\n        - login: [a]\n        -\n", ""},
		"a requirement that is text":              {"      security: [login]\n", ""},
		"scopes of null":                          {"      security:\n        - login:\n", ""},
		"scopes in one text":                      {"      security: [{login: a}]\n", ""},
		"a scope that is a number":                {"      security: [{login: [1]}]\n", ""},
		"a name in another case":                  {"      Security: [{login: [a]}]\n", ""},
		"another case, with that of the document": {"      Security: [{login: [b]}]\n", "security: [{login: [a]}]\n"},
		"twice":                               {"      security: [{login: [a]}]\n      security: []\n", ""},
		"a scheme twice":                      {"      security: [{login: [a], login: []}]\n", ""},
		"an unknown scheme":                   {"      security: [{logni: [a]}]\n", ""},
		"a scheme that no option names":       {"      security: [{basic: []}]\n", ""},
		"such a scheme beside one for tokens": {"      security: [{login: [a], tls: []}]\n", ""},
		"such a scheme as an alternative":     {"      security: [{login: [a]}, {basic: []}]\n", ""},
		"an undeclared scope":                 {"      security: [{login: [a, c]}]\n", ""},
		"a scope of another scheme":           {"      security: [{login: [c]}]\n", ""},
		"no scope at all":                     {"      security: [{connect: [\"a b\"]}]\n", ""},
		"an empty scope":                      {"      security: [{connect: [\"\"]}]\n", ""},
		"roles of a scheme of type http":      {"      security: [{bearer: [a]}]\n", ""},
		"anonymous beside scopes":             {"      security: [{login: [a]}, {}]\n", ""},
		"elsewhere alone":                     {"      security: [{key: []}]\n", ""},
		"elsewhere beside anonymous":          {"      security: [{key: []}, {}]\n", ""},
		"elsewhere or a token":                {"      security: [{key: []}, {login: []}]\n", ""},
		"elsewhere in one alternative":        {"      security: [{key: [], login: [a]}, {login: [b]}]\n", ""},
		"elsewhere differs":                   {"      security: [{key: [], login: [a]}, {key2: [], login: [b]}]\n", ""},
		"the same alternative":                {"      security: [{login: [a]}, {login: [a]}]\n", ""},
		"an alternative with more scopes":     {"      security: [{login: [a]}, {login: [b, a]}]\n", ""},
		"such a one first":                    {"      security: [{login: [b, a]}, {login: [a]}]\n", ""},
		"anonymous beside DPoP":               {"      security: [{dpop: []}, {}]\n", ""},
		"DPoP, or bearer tokens":              {"      security: [{dpop: []}, {bearer: []}]\n", ""},
		"an alternative beside no scopes":     {"      security: [{login: [a]}, {bearer: []}]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, operation(c.own, c.document), options)
		})
	}
}

// TestRefusedDocuments makes one change to a good document.
func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	const get = "    get:\n"
	for name, c := range map[string]struct{ old, new string }{
		"version 2":                         {"openapi: 3.1.0", "swagger: \"2.0\""},
		"version 4":                         {"openapi: 3.1.0", "openapi: 4.0.0"},
		"no version":                        {"openapi: 3.1.0\n", ""},
		"no operation":                      {"paths:\n", "x-paths:\n"},
		"paths with no operation":           {get, "    x-get:\n"},
		"a method in capitals":              {get, "    GET:\n"},
		"an operation of null":              {"paths:\n", "paths:\n  /b: {get: }\n"},
		"a path item of null":               {"paths:\n", "paths:\n  /b:\n"},
		"a path twice":                      {"paths:\n", "paths:\n  /a: {}\n"},
		"an operationId with a space":       {"operationId: a", "operationId: GET /a"},
		"an operationId with a line break":  {"operationId: a", "operationId: \"a\\nb\""},
		"an operationId in other letters":   {"operationId: a", "operationId: \u0430"},
		"no operationId":                    {"      operationId: a\n", ""},
		"an operationId of a thousand":      {"operationId: a", "operationId: " + strings.Repeat("a", 1000)},
		"servers of the operation":          {"      operationId: a\n", "      operationId: a\n      servers: [{url: /x}]\n"},
		"servers of the path item":          {get, "    servers: [{url: /x}]\n" + get},
		"a field that nobody knows":         {"      operationId: a\n", "      operationId: a\n      scopes: [b]\n"},
		"a second document":                 {"info:", "---\ninfo:"},
		"a second document at the end":      {"components:\n", "---\n"},
		"an anchor":                         {"title: t", "title: &t t"},
		"an anchor of a name":               {"title: t", "&t title: t"},
		"an alias":                          {"info: {title: t, version: \"1\"}", "info: &i {title: t, version: \"1\", x-i: *i}"},
		"a merge":                           {"      operationId: a\n", "      operationId: a\n      <<: {security: []}\n"},
		"a tag":                             {"title: t", "title: !!str t"},
		"a tag of a name":                   {"title: t", "!!str title: t"},
		"a name that is a list":             {"title: t", "? [x-a]\n  : 1\n"},
		"a line end of YAML alone":          {"title: t", "title: \"t\u0085u\""},
		"another":                           {"title: t", "title: \"t\u2028u\""},
		"not UTF-8":                         {"title: t", "title: \xff"},
		"nested too deep":                   {"title: t", "title: t, x-a: " + strings.Repeat("[", 250) + strings.Repeat("]", 250)},
		"longer than the limit":             {"title: t", "title: " + strings.Repeat("t", openapipostern.MaxDocument)},
		"a scheme of another type":          {"login: {type: oauth2, flows:", "login: {type: apiKey, in: header, name: x, x-flows:"},
		"a scheme without a type":           {"login: {type: oauth2, ", "login: {"},
		"a flow with no scopes":             {"scopes: {a: A, b: B}", "x-scopes: {a: A, b: B}"},
		"a flow whose scope is none":        {"scopes: {a: A, b: B}", "scopes: {a: A, \"b c\": B}"},
		"a scheme that refers to none":      {"login: {type: oauth2", "login: {$ref: \"#/components/securitySchemes/login2\"}\n    login3: {type: oauth2"},
		"a scheme that refers to itself":    {"login: {type: oauth2", "login: {$ref: \"#/components/securitySchemes/login\"}\n    login3: {type: oauth2"},
		"our field at the document":         {"info:", "x-postern-policy: user\ninfo:"},
		"our field at a path item":          {get, "    x-postern-policy: user\n" + get},
		"our field in other letters":        {"      operationId: a\n", "      operationId: a\n      x-Postern-policy: user\n"},
		"another field of ours":             {"      operationId: a\n", "      operationId: a\n      x-postern-policies: user\n"},
		"our field in a webhook":            {"paths:\n", "webhooks: {w: {get: {x-postern-policy: user, responses: {\"200\": {description: ok}}}}}\npaths:\n"},
		"our field in a method of its own":  {get, "    parameters: [{x-postern-policy: user}]\n" + get},
		"our field in a path that is none":  {"paths:\n", "paths:\n  x-a: {get: {x-postern-policy: user, responses: {\"200\": {description: ok}}}}\n"},
		"our field of null":                 {"      operationId: a\n", "      operationId: a\n      x-postern-policy:\n"},
		"our field that is a list":          {"      operationId: a\n", "      operationId: a\n      x-postern-policy: [user]\n"},
		"our field with no policy":          {"      operationId: a\n", "      operationId: a\n      x-postern-policy: users\n"},
		"our field that says public":        {"      operationId: a\n", "      operationId: a\n      x-postern-policy: public\n"},
		"our field that says optional":      {"      operationId: a\n", "      operationId: a\n      x-postern-policy: optional\n"},
		"our field that adds nothing":       {"      operationId: a\n", "      operationId: a\n      x-postern-policy: authenticated\n"},
		"our field that says the same":      {"      operationId: a\n", "      operationId: a\n      x-postern-policy: all(a)\n"},
		"our field beside public":           {"      security: [{login: [a]}]\n", "      security: []\n      x-postern-policy: user\n"},
		"our field beside optional":         {"      security: [{login: [a]}]\n", "      security: [{login: []}, {}]\n      x-postern-policy: user\n"},
		"our field with an unknown rule":    {"      operationId: a\n", "      operationId: a\n      x-postern-policy: gold tier\n"},
		"our field where none can be met":   {"      operationId: a\n", "      operationId: a\n      x-postern-policy: user and client\n"},
		"our field without security":        {"      security: [{login: [a]}]\n", "      x-postern-policy: user\n"},
		"a conflict of two paths":           {"paths:\n", "paths:\n  /{x}/b: {get: {operationId: x, security: [], parameters: [{name: x, in: path, required: true, schema: {}}], responses: {\"200\": {description: ok}}}}\n  /b/{y}: {get: {operationId: y, security: [], parameters: [{name: y, in: path, required: true, schema: {}}], responses: {\"200\": {description: ok}}}}\n"},
		"the same path in another spelling": {"paths:\n", "paths:\n  /%61: {get: {operationId: b, security: [], responses: {\"200\": {description: ok}}}}\n"},
		"an operationId twice":              {"paths:\n", "paths:\n  /b: {get: {operationId: a, security: [], responses: {\"200\": {description: ok}}}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, good, c.old)
			refused(t, strings.Replace(good, c.old, c.new, 1), options)
		})
	}
	for name, document := range map[string]string{"nothing": "", "a list": "[]", "null": "null", "text": "openapi", "half of JSON": "{", "comment": "# x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, document, options)
		})
	}
}

// TestRefusedOptions makes one change to good options.
func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*openapipostern.Options){
		"none":                            func(o *openapipostern.Options) { *o = openapipostern.Options{} },
		"an unknown scheme":               func(o *openapipostern.Options) { o.Schemes = append(o.Schemes[:1:1], "logni") },
		"an unknown one elsewhere":        func(o *openapipostern.Options) { o.Elsewhere = []string{"kye"} },
		"a scheme that is no token":       func(o *openapipostern.Options) { o.Schemes = append(o.Schemes[:1:1], "basic") },
		"a key as a token":                func(o *openapipostern.Options) { o.Schemes, o.Elsewhere = append(o.Schemes[:1:1], "key"), nil },
		"a certificate as a token":        func(o *openapipostern.Options) { o.Schemes = append(o.Schemes[:1:1], "tls") },
		"a scheme in both":                func(o *openapipostern.Options) { o.Elsewhere = []string{"login"} },
		"public without need":             func(o *openapipostern.Options) { o.PublicHere = []string{"a"} },
		"optional without need":           func(o *openapipostern.Options) { o.OptionalHere = []string{"a"} },
		"public that is not there":        func(o *openapipostern.Options) { o.PublicHere = []string{"b"} },
		"optional that is not there":      func(o *openapipostern.Options) { o.OptionalHere = []string{"b"} },
		"a wildcard without need":         func(o *openapipostern.Options) { o.Wildcards = map[string]string{"b-c": "b"} },
		"a base path with a slash at end": func(o *openapipostern.Options) { o.BasePath = "/v1/" },
		"a base path without a slash":     func(o *openapipostern.Options) { o.BasePath = "v1" },
		"a base path with a wildcard":     func(o *openapipostern.Options) { o.BasePath = "/{v}" },
		"a base path that is a host":      func(o *openapipostern.Options) { o.BasePath = "//a.test" },
		"a base path that is a slash":     func(o *openapipostern.Options) { o.BasePath = "/" },
		"a rule that is several":          func(o *openapipostern.Options) { o.Rules = []scope.Policy{scope.All("a").And(scope.User)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options
			edit(&o)
			refused(t, strings.Replace(good, "      operationId: a\n", "      operationId: a\n      x-postern-policy: user\n", 1), o)
		})
	}
	refused(t, good+"---\nx: 1\n", options)
	later := strings.Replace(strings.Replace(good, "    tls: {type: mutualTLS}\n", "", 1), "3.1.0", "3.9.0", 1)
	refused(t, later, options)
	read(t, strings.Replace(later, "3.9.0", "3.1.1", 1), options)
	twice := options
	twice.Elsewhere, twice.PublicHere = []string{"login"}, []string{"a"}
	refused(t, good, twice)
	both := options
	both.PublicHere, both.OptionalHere = []string{"a"}, []string{"a"}
	refused(t, operation("      security: [{key: []}]\n", ""), both)
	require.ErrorIs(t, both.Validate(), token.ErrConfig)
	require.NoError(t, options.Validate())
	require.NoError(t, openapipostern.Options{}.Validate())
}

// TestNarrowed holds that x-postern-policy adds to what security asks for.
func TestNarrowed(t *testing.T) {
	t.Parallel()
	gold := scope.Func("gold tier", func(*token.Token) error { return nil })
	for text, want := range map[string]string{
		"user":                       "all(a) and user",
		"client id(web) or user":     "all(a) and (client id(web) or user)",
		"all(b)":                     "all(a) and all(b)",
		"gold tier and client id(x)": "all(a) and gold tier and client id(x)",
	} {
		o := options
		o.Rules = []scope.Policy{gold}
		d := read(t, strings.Replace(good, "      operationId: a\n", "      operationId: a\n      x-postern-policy: "+text+"\n", 1), o)
		assert.Equal(t, want, d.Operations()[0].Policy.String())
	}
}
