package openapipostern_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope/openapipostern"
	"github.com/postern-go/postern/token/tokentest"
)

// path is a document with one public operation at a path.
func path(template string) string {
	var parameters []string
	for _, m := range regexp.MustCompile(`\{([^{}]*)\}`).FindAllStringSubmatch(template, -1) {
		parameters = append(parameters, fmt.Sprintf("{name: %s, in: path, required: true, schema: {type: string}}", strconv.Quote(m[1])))
	}
	return fmt.Sprintf(`openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  %s:
    get:
      operationId: op
      security: []
      parameters: [%s]
      responses: {"200": {description: ok}}
`, strconv.Quote(template), strings.Join(parameters, ", "))
}

// TestPaths holds what paths become, and that the route matches what the path of
// the document means and nothing else.
func TestPaths(t *testing.T) {
	t.Parallel()
	o := openapipostern.Options{BasePath: "/v1"}
	for template, c := range map[string]struct {
		pattern      string
		match, other []string
	}{
		"/":              {"/v1/{$}", []string{"/v1/"}, []string{"/v1/a", "/", "/a"}},
		"/a":             {"/v1/a", []string{"/v1/a"}, []string{"/v1/a/", "/v1/A", "/v1/a/b", "/a"}},
		"/a/":            {"/v1/a/{$}", []string{"/v1/a/"}, []string{"/v1/a/b"}},
		"/a/{id}":        {"/v1/a/{id}", []string{"/v1/a/b", "/v1/a/%7Bid%7D"}, []string{"/v1/a/", "/v1/a/b/c", "/v1/a"}},
		"/{a}/{b}/":      {"/v1/{a}/{b}/{$}", []string{"/v1/x/y/"}, []string{"/v1/x/y/z", "/v1/x/"}},
		"/%7Bid%7D":      {"/v1/%7Bid%7D", []string{"/v1/%7Bid%7D"}, []string{"/v1/x", "/v1/id"}},
		"/%7B$%7D":       {"/v1/%7B$%7D", []string{"/v1/%7B$%7D"}, []string{"/v1/"}},
		"/a:b@c;d=1,2!'": {"/v1/a:b@c;d=1,2!'", []string{"/v1/a:b@c;d=1,2!'"}, []string{"/v1/a:b@c"}},
		"/%C3%A9":        {"/v1/%C3%A9", []string{"/v1/%C3%A9"}, []string{"/v1/e"}},
		"/$":             {"/v1/$", []string{"/v1/$"}, []string{"/v1/"}},
		"/a.json":        {"/v1/a.json", []string{"/v1/a.json"}, []string{"/v1/a"}},
	} {
		t.Run(template, func(t *testing.T) {
			t.Parallel()
			d := read(t, path(template), o)
			assert.Equal(t, "GET "+c.pattern, d.Operations()[0].Pattern)
			mux := service(t, tokentest.NewIssuer(t, nil), d)
			for _, target := range c.match {
				assert.Equal(t, "200 op", strings.TrimSpace(fmt.Sprint(call(mux, "GET", target, "")))[:6], target)
				assert.Equal(t, "401", call(mux, "POST", target, "")[:3], target)
			}
			for _, target := range c.other {
				assert.NotEqual(t, "200", call(mux, "GET", target, "")[:3], target)
			}
		})
	}
}

// TestRefusedPaths has paths that no pattern means.
func TestRefusedPaths(t *testing.T) {
	t.Parallel()
	for _, template := range []string{
		"", "a", "//", "//a", "/a//b", "/a//", "/.", "/..", "/a/../b", "/a/.", "/%2e", "/%2E%2e/b", "/a%2Fb", "/a%2fb",
		"/%", "/%zz", "/a b", "/a?b=c", "/a#b", "/a\\b", "/a\tb", "/é", "/a\"b", "/a^b", "/a`b", "/a|b", "/<a>", "/a[0]",
		"/{a}{b}", "/{a}.json", "/v{a}", "/{a}-{b}", "/{a", "/a}", "/{{a}}", "/}a{", "/{}", "/{$}", "/{a...}", "/{path...}/",
		"/{a-b}", "/{a.b}", "/{1a}", "/{a b}", "/{a:.*}", "/{a*}", "/{for}", "/{a}/{a}",
	} {
		t.Run(template, func(t *testing.T) {
			t.Parallel()
			refused(t, path(template), openapipostern.Options{})
		})
	}
}

// TestWildcards holds that parameters get the names of the options.
func TestWildcards(t *testing.T) {
	t.Parallel()
	o := openapipostern.Options{Wildcards: map[string]string{"photo-id": "id"}}
	d := read(t, path("/photos/{photo-id}"), o)
	assert.Equal(t, "GET /photos/{id}", d.Operations()[0].Pattern)
	assert.Equal(t, "200 op x", call(service(t, tokentest.NewIssuer(t, nil), d), http.MethodGet, "/photos/x", ""))
	for _, name := range []string{"", "photo-id", "id...", "$", "for"} {
		refused(t, path("/photos/{photo-id}"), openapipostern.Options{Wildcards: map[string]string{"photo-id": name}})
	}
	refused(t, path("/{photo-id}/{id}"), o)
	require.Len(t, read(t, path("/{photo-id}/{other}"), o).Operations(), 1)
}

// TestMethods holds that every method of a path item is an operation.
func TestMethods(t *testing.T) {
	t.Parallel()
	const methods = "get put post delete options head patch trace query"
	var b strings.Builder
	b.WriteString("openapi: 3.2.0\ninfo: {title: t, version: \"1\"}\nsecurity: [{login: [a]}]\npaths:\n  /a:\n")
	for m := range strings.FieldsSeq(methods) {
		fmt.Fprintf(&b, "    %s: {operationId: %s, responses: {\"200\": {description: ok}}}\n", m, m)
	}
	b.WriteString("    additionalOperations: {COPY: {operationId: copy, x-postern-policy: user, responses: {\"200\": {description: ok}}}}\n" + components)
	d := read(t, b.String(), options)
	for m := range strings.FieldsSeq(methods + " copy") {
		o, ok := d.Lookup(m)
		require.True(t, ok, m)
		assert.Equal(t, strings.ToUpper(m)+" /a", o.Pattern)
	}
	require.Len(t, d.Operations(), 10)
	refused(t, strings.Replace(b.String(), "COPY:", "\"CO PY\":", 1), options)
	refused(t, strings.Replace(b.String(), "COPY: {operationId: copy,", "COPY: {operationId: copy, security: ,", 1), options)
	refused(t, strings.Replace(b.String(), "COPY: {operationId: copy,", "COPY: {operationId: copy, security: [{unknown: []}],", 1), options)
	refused(t, strings.Replace(b.String(), "additionalOperations: {", "additionalOperations: [] #", 1), options)
}
