package openapipostern_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope/openapipostern"
	"github.com/postern-go/postern/token"
)

// TestPhotos compares what a whole document says with a table.
func TestPhotos(t *testing.T) {
	t.Parallel()
	d, err := openapipostern.Read([]byte(photosYAML(t)), photos)
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/photos.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), d.String())
	o, ok := d.Lookup("deletePhoto")
	require.True(t, ok)
	same, ok := d.Lookup("DELETE /v2/photos/{id}")
	require.True(t, ok)
	assert.Equal(t, o.Policy.String(), same.Policy.String())
	assert.Equal(t, "all(photos:write) and user", o.Policy.String())
	for _, none := range []string{"photoDone", "printed", "", "GET /v2/photos/{photo-id}", "HEAD /v2/photos"} {
		_, ok := d.Lookup(none)
		assert.False(t, ok, none)
	}
}

// TestPolicies holds what each form of security means.
func TestPolicies(t *testing.T) {
	t.Parallel()
	o := openapipostern.Options{Schemes: []string{"login", "other", "connect", "bearer"}}
	with := func(edit func(*openapipostern.Options)) openapipostern.Options {
		edited := o
		edited.Elsewhere = []string{"key", "key2"}
		edit(&edited)
		return edited
	}
	nothing := func(*openapipostern.Options) {}
	bound := openapipostern.Options{Schemes: []string{"login", "dpop"}}
	for name, c := range map[string]struct {
		own, document string
		o             openapipostern.Options
		want          string
	}{
		"scopes of one requirement":          {"      security: [{login: [b, a]}]\n", "", o, "all(b, a)"},
		"a scope twice":                      {"      security: [{login: [a, a]}]\n", "", o, "all(a)"},
		"no scopes":                          {"      security: [{login: []}]\n", "", o, "authenticated"},
		"a scheme of type http":              {"      security: [{bearer: []}]\n", "", o, "authenticated"},
		"a scheme of type http for DPoP":     {"      security: [{dpop: []}]\n", "", openapipostern.Options{Schemes: []string{"dpop"}}, "bound"},
		"DPoP beside scopes":                 {"      security: [{login: [a], dpop: []}]\n", "", bound, "bound and all(a)"},
		"DPoP or scopes":                     {"      security: [{login: [a]}, {dpop: []}]\n", "", bound, "all(a) or bound"},
		"DPoP or the same scopes":            {"      security: [{login: [a]}, {login: [b], dpop: []}]\n", "", bound, "all(a) or (bound and all(b))"},
		"anonymous beside DPoP, named":       {"      security: [{}, {dpop: []}]\n", "", openapipostern.Options{Schemes: []string{"dpop"}, OptionalHere: []string{"a"}}, "optional"},
		"alternatives":                       {"      security: [{login: [a]}, {login: [b]}]\n", "", o, "all(a) or all(b)"},
		"two schemes in one requirement":     {"      security: [{login: [a], other: [c]}]\n", "", o, "all(a, c)"},
		"a scheme that has no scopes beside": {"      security: [{login: [a], bearer: []}]\n", "", o, "all(a)"},
		"scopes of OpenID Connect":           {"      security: [{connect: [profile]}]\n", "", o, "all(profile)"},
		"empty list":                         {"      security: []\n", "security: [{login: [a]}]\n", o, "public"},
		"empty requirement alone":            {"      security: [{}]\n", "security: [{login: [a]}]\n", o, "public"},
		"empty requirement beside no scopes": {"      security: [{}, {bearer: []}]\n", "", o, "optional"},
		"of the document":                    {"", "security: [{login: [a]}]\n", o, "all(a)"},
		"its own instead of the document's":  {"      security: [{login: [b]}]\n", "security: [{login: [a]}]\n", o, "all(b)"},
		"a scheme enforced elsewhere beside": {"      security: [{login: [a], key: []}]\n", "", with(nothing), "all(a)"},
		"the same elsewhere in alternatives": {"      security: [{login: [a], key: [], key2: []}, {key2: [], login: [b], key: []}]\n", "", with(nothing), "all(a) or all(b)"},
		"elsewhere alone, named": {"      security: [{key: []}, {key2: []}]\n", "", with(func(o *openapipostern.Options) {
			o.PublicHere = []string{"a"}
		}), "public"},
		"anonymous beside scopes, named": {"      security: [{login: [a]}, {}]\n", "", with(func(o *openapipostern.Options) {
			o.OptionalHere = []string{"a"}
		}), "optional"},
		"elsewhere or a token, named": {"      security: [{login: [a]}, {key: []}]\n", "", with(func(o *openapipostern.Options) {
			o.OptionalHere = []string{"a"}
		}), "optional"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := openapipostern.Read([]byte(operation(c.own, c.document)), c.o)
			require.NoError(t, err)
			require.Len(t, d.Operations(), 1)
			got := d.Operations()[0]
			assert.Equal(t, "a", got.Name)
			assert.Equal(t, "GET /a", got.Pattern)
			assert.Equal(t, c.want, got.Policy.String())
			assert.Equal(t, "a", got.Policy.Operation())
			assert.Equal(t, d.Table().String(), "a  "+c.want+"\n")
		})
	}
}

// TestJSON holds that both syntaxes say the same, with the escapes that only
// JSON has.
func TestJSON(t *testing.T) {
	t.Parallel()
	const document = `{"openapi":"3.0.3","info":{"title":"\ud83d\ude00 \\ud83d\\ude00 \u00e9","version":"1"},
"security":[{"login":["a"]}],
"paths":{"\/a":{"get":{"operationId":"a","responses":{"200":{"description":"ok"}}}}},
"components":{"securitySchemes":{"login":{"type":"openIdConnect","openIdConnectUrl":"https:\/\/a.test"}}}}`
	d, err := openapipostern.Read([]byte(document), openapipostern.Options{Schemes: []string{"login"}})
	require.NoError(t, err)
	assert.Equal(t, "GET /a  a  all(a)\n", d.String())
}

// TestAllFaults holds that an error names every operation that is wrong.
func TestAllFaults(t *testing.T) {
	t.Parallel()
	document := strings.ReplaceAll(photosYAML(t), "photos:write]", "photos:wirte]")
	d, err := openapipostern.Read([]byte(document), photos)
	require.ErrorIs(t, err, token.ErrConfig)
	assert.Nil(t, d)
	assert.Equal(t, 2, strings.Count(err.Error(), "photos:wirte"), "%v", err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 2)
}
