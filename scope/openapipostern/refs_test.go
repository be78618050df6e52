package openapipostern_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope/openapipostern"
)

// references is a document with a reference at a place of each kind.
const references = `openapi: 3.1.0
info: {title: t, version: "1"}
security: [{login: [a]}]
paths:
  /a:
    parameters: [{name: p, in: query, schema: {}}] #parameter
    get:
      operationId: a
      requestBody: {$ref: "#/components/requestBodies/B"} #body
      responses: {"200": {$ref: "#/components/responses/R"}} #response
      callbacks: {c: {$ref: "#/components/callbacks/C"}} #callback
  /b: {$ref: "#/components/pathItems/P"} #item
  /c: {post: {operationId: c, security: [], responses: {"200": {description: ok}}}}
components:
  pathItems:
    P: {put: {operationId: p, security: [{login: [b]}], responses: {"200": {description: ok}}}}
  requestBodies: {B: {content: {a/b: {schema: {$ref: "#/components/schemas/S"}}}}} #schema
  responses:
    R: {description: ok, headers: {H: {$ref: "#/components/headers/H"}}, links: {L: {$ref: "#/components/links/L"}}} #header
  headers: {H: {schema: {type: string}}}
  links: {L: {operationId: a}}
  callbacks: {C: {"{$url}": {post: {responses: {"200": {description: ok}}}}}}
  schemas: {S: {type: object, properties: {s: {$ref: "#/components/schemas/S"}}}}
  examples: {E: {externalValue: "OUTSIDE"}}
  securitySchemes:
    login: {$ref: "#/components/securitySchemes/real"} #scheme
    real: {type: oauth2, flows: {password: {tokenUrl: "https://a.test/t", scopes: {a: A, b: B}}}}
`

// TestReferences holds that references within the document are followed.
func TestReferences(t *testing.T) {
	t.Parallel()
	d := read(t, references, openapipostern.Options{Schemes: []string{"login"}})
	assert.Equal(t, `GET /a   a  all(a)
PUT /b   p  all(b)
POST /c  c  public
`, d.String())
}

// TestNothingIsFetched puts references that lead out of the document where
// references stand: to a server, to a file that exists, and to names.
func TestNothingIsFetched(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "{}", http.StatusOK)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "item.yaml")
	require.NoError(t, os.WriteFile(file, []byte("get: {security: [], responses: {\"200\": {description: ok}}}\n"), 0o600))
	o := openapipostern.Options{Schemes: []string{"login"}}
	read(t, strings.Replace(references, "OUTSIDE", server.URL, 1), o)
	for _, target := range []string{server.URL + "/x", server.URL + "/x#/a", file, file + "#/get", "file://" + file, "item.yaml", "../item.yaml#/get", "//host/x"} {
		for place, c := range map[string]struct{ old, new string }{
			"parameter": {"{name: p, in: query, schema: {}}", "{$ref: OUT}"},
			"body":      {`"#/components/requestBodies/B"`, "OUT"},
			"response":  {`"#/components/responses/R"`, "OUT"},
			"callback":  {`"#/components/callbacks/C"`, "OUT"},
			"item":      {`"#/components/pathItems/P"`, "OUT"},
			"schema":    {"{$ref: \"#/components/schemas/S\"}}}}}", "{$ref: OUT}}}}}"},
			"header":    {`"#/components/headers/H"`, "OUT"},
			"link":      {`"#/components/links/L"`, "OUT"},
			"scheme":    {`"#/components/securitySchemes/real"`, "OUT"},
		} {
			t.Run(place+" "+target, func(t *testing.T) {
				require.Contains(t, references, c.old)
				refused(t, strings.Replace(references, c.old, strings.Replace(c.new, "OUT", `"`+target+`"`, 1), 1), o)
			})
		}
	}
	assert.Zero(t, asked.Load())
}

// TestRefusedReferences has references within the document that would change
// what it says of an operation.
func TestRefusedReferences(t *testing.T) {
	t.Parallel()
	const item = `/b: {$ref: "#/components/pathItems/P"}`
	const open = `{get: {operationId: open, security: [null], responses: {"200": {description: ok}}}}`
	between := references[strings.Index(references, item)+len(item) : strings.Index(references, "P: {put")]
	rest := references[strings.Index(references, item):strings.Index(references, "  requestBodies: {B")]
	for name, c := range map[string]struct{ old, new string }{
		"a method beside it":        {item, `/b: {$ref: "#/components/pathItems/P", put: {operationId: p, security: [], responses: {"200": {description: ok}}}}`},
		"another method beside it":  {item, `/b: {$ref: "#/components/pathItems/P", get: {security: [], responses: {"200": {description: ok}}}}`},
		"parameters beside it":      {item, `/b: {$ref: "#/components/pathItems/P", parameters: []}`},
		"to itself":                 {item, `/b: {$ref: "#/paths/~1b"}`},
		"to another path":           {item, `/b: {$ref: "#/paths/~1c"}`},
		"in a circle":               {"    P: {put: {", "    P: {$ref: \"#/components/pathItems/Q\"}\n    Q: {$ref: \"#/components/pathItems/P\"}\n    R: {put: {"},
		"to nothing in the end":     {"    P: {put: {", "    P: {}\n    R: {put: {"},
		"to nothing":                {"#/components/pathItems/P", "#/components/pathItems/Q"},
		"to an extension":           {"components:\n", "  /e: {$ref: \"#/x-items/P\"}\nx-items: {P: {get: {security: , responses: {\"200\": {description: ok}}}}}\ncomponents:\n"},
		"to an operation":           {"#/components/pathItems/P", "#/components/pathItems/P/put"},
		"to a component of a kind":  {item, `/b: {$ref: "#/components/schemas/S"}`},
		"security of null there":    {"security: [{login: [b]}]", "security: "},
		"another case there":        {"security: [{login: [b]}]", "Security: []"},
		"a scope that is not there": {"security: [{login: [b]}]", "security: [{login: [c]}]"},
		"an item of null":           {"    P: {put: {operationId: p, security: [{login: [b]}], responses: {\"200\": {description: ok}}}}\n", "    P:\n"},
		"null in an item named x-":  {rest, `/b: {$ref: "#/components/pathItems/x-P"}` + between + `x-P: ` + open + "\n"},
		"null deep in components":   {rest, `/b: {$ref: "#/components/pathItems/P/x-deep"}` + between + `P: {x-deep: ` + open + "}\n"},
		"null in a callback": {rest, `/b: {$ref: "#/components/pathItems/P/put/callbacks/c/e"}` + between +
			`P: {put: {operationId: p, responses: {"200": {description: ok}}, callbacks: {c: {e: ` + open + "}}}}\n"},
		"an escape in its name": {"pathItems/P\"", "pathItems/%50\""},
		"one operation twice":   {item, item + "\n  /e: {$ref: \"#/components/pathItems/P\"}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, references, c.old)
			refused(t, strings.Replace(references, c.old, c.new, 1), openapipostern.Options{Schemes: []string{"login"}})
		})
	}
}
