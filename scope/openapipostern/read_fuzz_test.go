package openapipostern_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/postern-go/postern/scope/openapipostern"
	"github.com/postern-go/postern/token"
)

var fuzzed = openapipostern.Options{Schemes: []string{"login"}}

// FuzzRead reads documents of any kind.
func FuzzRead(f *testing.F) {
	f.Add(photosYAML(f))
	f.Add(references)
	f.Add(good)
	f.Add(`{"openapi":"3.0.3","info":{"title":"\ud83d\ude00","version":"1"},"paths":{"/a/{b}/":{"get":{"security":[],"Security":[],"responses":{"200":{"description":"x"}}}}}}`)
	f.Add(path("/{$}"))
	f.Fuzz(opensNothing)
}

// FuzzSecurity reads documents with any text as the security of an operation and
// of the document.
func FuzzSecurity(f *testing.F) {
	for _, own := range []string{"", "[]", "[{}]", "[{login: [a]}]", "[{}, {login: []}]", "[{login: [a]}, {login: [b]}]", "null", "[null]", "[{key: []}]", "{}"} {
		for _, document := range []string{"", "[]", "[{login: [a]}]", "[{}]"} {
			f.Add(own, document)
		}
	}
	f.Fuzz(func(t *testing.T, own, document string) {
		if own != "" {
			own = "      security: " + own + "\n"
		}
		if document != "" {
			document = "security: " + document + "\n"
		}
		opensNothing(t, operation(own, document))
	})
}

// opensNothing holds that a document is refused, or opens no operation that does
// not itself say so, as a second and simple reading finds it.
func opensNothing(t *testing.T, document string) {
	d, err := openapipostern.Read([]byte(document), fuzzed)
	if err != nil {
		require.ErrorIs(t, err, token.ErrConfig)
		require.Nil(t, d)
		require.False(t, strings.ContainsFunc(err.Error(), func(c rune) bool { return (c < ' ' && c != '\n') || c > '~' }), "%q", err)
		return
	}
	var plain map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(document, `\ud83d\ude00`, "")), &plain))
	mux := http.NewServeMux()
	for _, op := range d.Operations() {
		mux.HandleFunc(op.Pattern, http.NotFound)
		require.False(t, op.Policy.IsZero())
		if op.Policy.IsPublic() || op.Policy.IsOptional() {
			require.True(t, opens(plain, op.Pattern), "%s is %v", op.Pattern, op.Policy)
		}
	}
}

// opens reports whether an operation itself says that it can be called without a
// token. A path item that is a reference counts as one that does.
func opens(document map[string]any, pattern string) bool {
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.TrimSuffix(path, "{$}")
	item := document["paths"].(map[string]any)[path].(map[string]any)
	if item["$ref"] != nil {
		return true
	}
	operation, ok := item[strings.ToLower(method)].(map[string]any)
	if !ok {
		operation = item["additionalOperations"].(map[string]any)[method].(map[string]any)
	}
	security, isList := operation["security"].([]any)
	for _, requirement := range security {
		if r, isObject := requirement.(map[string]any); isObject && len(r) == 0 {
			return true
		}
	}
	return isList && len(security) == 0
}
