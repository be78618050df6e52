package scope_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

func TestMetadataURL(t *testing.T) {
	t.Parallel()
	const at = "/.well-known/oauth-protected-resource"
	for identifier, want := range map[string]string{
		"https://api.example.com":              "https://api.example.com" + at,
		"https://api.example.com/":             "https://api.example.com" + at,
		"https://api.example.com/a/b":          "https://api.example.com" + at + "/a/b",
		"https://api.example.com/a/":           "https://api.example.com" + at + "/a/",
		"https://api.example.com/a?k=v":        "https://api.example.com" + at + "/a?k=v",
		"https://api.example.com?k=v":          "https://api.example.com" + at + "?k=v",
		"https://api.example.com/?k=/v":        "https://api.example.com" + at + "?k=/v",
		"https://api.example.com:8443/a%2Fb+c": "https://api.example.com:8443" + at + "/a%2Fb+c",
		"https://[2001:db8::1]/a":              "https://[2001:db8::1]" + at + "/a",
		"http://127.0.0.1:8080/mcp":            "http://127.0.0.1:8080" + at + "/mcp",
		"http://[::1]/mcp":                     "http://[::1]" + at + "/mcp",
		"http://localhost":                     "http://localhost" + at,
		"https://Api.example.com/a.b/.c/d..":   "https://Api.example.com" + at + "/a.b/.c/d..",
	} {
		t.Run("C_9728-3-1 "+identifier, func(t *testing.T) {
			t.Parallel()
			got, err := scope.MetadataURL(identifier)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			r := scope.Resource{Identifier: identifier, PublishesMetadata: true}
			require.NoError(t, r.Validate())
			assert.Equal(t, want, r.MetadataURL())
		})
	}
	for _, identifier := range []string{
		"", "/api", "api.example.com", "urn:example:api", "https:", "https:///a", "https:a", "//api.example.com",
		"http://api.example.com", "http://api.example.com/localhost", "ftp://127.0.0.1/", "https://a@api.example.com", "https://a:b@api.example.com", "https://@api.example.com",
		"https://api.example.com#", "https://api.example.com/a#b", "https://api.example.com?", "https://api.example.com/a?",
		"https://api.example.com/a/../b", "https://api.example.com/./b", "https://api.example.com/..", "https://api.example.com/%2e%2E/b", "https://api.example.com/a/.%2e", "https://api.example.com/%2e",
		"https://api.example.com/a%2F..%2Fb", "https://api.example.com/a%2f%2E%2E", "https://api.example.com/..%2Fb", "https://api.example.com/a%5C..%5cb", "https://api.example.com/.%2F",
		"https://api.example.com//", "https://api.example.com//a", "https://api.example.com/a//b", "https://api.example.com/a//",
		"https://api.example.com/a b", "https://api.example.com/é", `https://api.example.com/a"b`, `https://api.example.com/a\b`, "https://api.example.com/\r\n", "https://api.example.com/{a}", "https://api.example.com/%zz", "https://api.example.com/a?b c",
		"https://api.example.com:", "https://api.example.com:0", "https://api.example.com:65536", "https://[::1%25eth0]/", "https://[::g]/", "https://*.example.com", "https://api%2eexample.com", "https://a:b:c/",
		"https://api.example.com/" + strings.Repeat("a", 1024),
	} {
		t.Run("C_9728-1.2-1 "+identifier, func(t *testing.T) {
			t.Parallel()
			_, err := scope.MetadataURL(identifier)
			require.ErrorIs(t, err, token.ErrConfig)
			assert.LessOrEqual(t, len(err.Error()), 1000)
			r := scope.Resource{Identifier: identifier, PublishesMetadata: true}
			require.ErrorIs(t, r.Validate(), token.ErrConfig)
			assert.Empty(t, scope.Resource{Identifier: identifier}.MetadataURL())
		})
	}
	both := scope.Resource{Identifier: "https://api.example.com", PublishesMetadata: true, Metadata: "https://x.example/m"}
	require.ErrorIs(t, both.Validate(), token.ErrConfig)
	assert.Equal(t, "https://x.example/m", scope.Resource{Metadata: "https://x.example/m"}.MetadataURL())
}

// FuzzMetadataURL compares the URL with one that net/url composes, and asks an
// http.ServeMux for it.
func FuzzMetadataURL(f *testing.F) {
	for _, seed := range []string{
		"https://api.example.com", "https://a/b/", "https://a/?k=v", "https://[::1]:1/%2F", "http://localhost/a?b?c", "HTTPS://A/%2e", "https://a/%2E./b", "https://a//b", "https://a:/b", "https://a/;b=c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, identifier string) {
		got, err := scope.MetadataURL(identifier)
		if err != nil {
			assert.ErrorIs(t, err, token.ErrConfig)
			return
		}
		u, err := url.Parse(identifier)
		require.NoError(t, err)
		const at = "/.well-known/oauth-protected-resource"
		if u.Path == "/" {
			u.Path = ""
		}
		u.RawPath, u.Path = at+u.EscapedPath(), at+u.Path
		assert.Equal(t, u.String(), got)

		r := httptest.NewRequest(http.MethodGet, got, nil)
		mux := http.NewServeMux()
		pattern := u.EscapedPath()
		if strings.HasSuffix(pattern, "/") {
			pattern += "{$}"
		}
		mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		assert.Equal(t, http.StatusOK, w.Code)
	})
}

func ExampleMetadataURL() {
	fmt.Println(scope.MetadataURL("https://example.com/photos"))
	fmt.Println(scope.MetadataURL("http://example.com/photos"))
	// Output:
	// https://example.com/.well-known/oauth-protected-resource/photos <nil>
	//  scope: invalid configuration: the resource identifier is "http://example.com/photos", want an absolute https URL of at most 1024 bytes (http for a loopback host) without user and fragment, with a clean path
}

// A client finds the document where every challenge says it is.
func ExampleResource_MetadataURL() {
	r := scope.Resource{Identifier: "https://photos.example.com", PublishesMetadata: true}
	fmt.Println(r.MetadataURL())
	// Output: https://photos.example.com/.well-known/oauth-protected-resource
}

// A client would ask the issuer for a token for a resource that is not the
// audience of the tokens that are accepted.
func ExampleResource_Audit() {
	verifier, err := token.NewVerifier(token.Config{Issuer: "https://login.example.com", Audience: []string{"photos"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := scope.Resource{Identifier: "https://photos.example.com", PublishesMetadata: true}
	fmt.Println(r.Audit(verifier))
	// Output: scope: invalid configuration: the tokens of issuer "https://login.example.com" are for ["photos"], want Resource.Identifier "https://photos.example.com" among them (see Config.Audience)
}

func TestResourceAudit(t *testing.T) {
	t.Parallel()
	of := func(issuer string, audience ...string) *token.Verifier {
		v, err := token.NewVerifier(token.Config{Issuer: issuer, Audience: audience})
		require.NoError(t, err)
		return v
	}
	const own = "https://photos.example.com"
	r := scope.Resource{Identifier: own, PublishesMetadata: true}
	require.NoError(t, r.Audit(nil))
	require.NoError(t, r.Audit(of("https://a.example", "photos", own)))
	require.ErrorIs(t, r.Audit(of("https://a.example", own+"/")), token.ErrConfig)
	require.NoError(t, scope.Resource{Identifier: own}.Audit(of("https://a.example", "photos")))
	several := token.ByIssuer(map[string]token.Authenticator{"https://a.example": of("https://a.example", own), "https://b.example": of("https://b.example", "x"), "https://c.example": of("https://c.example", "y")})
	err := r.Audit(several)
	require.ErrorContains(t, err, "https://b.example")
	require.ErrorContains(t, err, "https://c.example")
	assert.NotContains(t, err.Error(), "https://a.example")
}
