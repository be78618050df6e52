package openapipostern_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope/openapipostern"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/tokentest"
)

// photos are the options for testdata/photos.yaml.
var photos = openapipostern.Options{
	Schemes:    []string{"login", "session"},
	Elsewhere:  []string{"printer"},
	PublicHere: []string{"printerKeys"},
	BasePath:   "/v2",
	Wildcards:  map[string]string{"photo-id": "id"},
}

func photosYAML(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/photos.yaml")
	require.NoError(t, err)
	return string(text)
}

// named answers with the name of an operation and a value of its path.
func named(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, name, " ", r.PathValue("id"))
	})
}

// handlers has one for each operation.
func handlers(d *openapipostern.Description) map[string]http.Handler {
	all := map[string]http.Handler{}
	for _, o := range d.Operations() {
		all[o.Name] = named(o.Name)
	}
	return all
}

// service is what serves a description.
func service(t testing.TB, issuer *tokentest.Issuer, d *openapipostern.Description) *middleware.Mux {
	t.Helper()
	mux := newMux(t, issuer)
	require.NoError(t, d.Handle(mux, handlers(d)))
	require.NoError(t, mux.Audit())
	require.NoError(t, d.Table().Audit(mux.Posture()))
	return mux
}

func newMux(t testing.TB, issuer *tokentest.Issuer) *middleware.Mux {
	t.Helper()
	verifier, err := token.NewVerifier(issuer.Config())
	require.NoError(t, err)
	return middleware.New(verifier, nil).NewMux()
}

// call is the status and body of an answer.
func call(h http.Handler, method, path, raw string) string {
	r := httptest.NewRequest(method, path, nil)
	if raw != "" {
		r.Header.Set("Authorization", "Bearer "+raw)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body))
}

// operation is a document with one operation, to which lines of YAML are added:
// to the operation, with six spaces, and to the document.
func operation(own, document string) string {
	return `openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get:
      operationId: a
      responses: {"200": {description: ok}}
` + own + components + document
}

const components = `components:
  securitySchemes:
    login: {type: oauth2, flows: {clientCredentials: {tokenUrl: "https://a.test/t", scopes: {a: A, b: B}}}}
    other: {type: oauth2, flows: {clientCredentials: {tokenUrl: "https://o.test/t", scopes: {c: C}}}}
    connect: {type: openIdConnect, openIdConnectUrl: "https://a.test/c"}
    bearer: {type: http, scheme: bearer}
    dpop: {type: http, scheme: DPoP}
    basic: {type: http, scheme: basic}
    key: {type: apiKey, in: header, name: X-Key}
    key2: {type: apiKey, in: query, name: key}
    tls: {type: mutualTLS}
`
