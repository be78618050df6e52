package scope_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

const metadataURL = "https://api.example.com/.well-known/oauth-protected-resource"

func TestResource(t *testing.T) {
	t.Parallel()
	base := func(url string) scope.Resource {
		return scope.Resource{BaseURLs: []string{"https://good.example", url}}
	}
	for name, row := range map[string]struct {
		resource scope.Resource
		want     error
	}{
		"zero": {scope.Resource{}, nil},
		"full": {scope.Resource{
			Identifier: "https://x.example/orders", Realm: "orders", BaseURLs: []string{"https://x.example/base/"},
			Documentation: "https://x.example/e", Metadata: metadataURL,
		}, nil},
		"identifier that is a URN":           {scope.Resource{Identifier: "urn:example:orders"}, nil},
		"identifier without scheme":          {scope.Resource{Identifier: "x.example"}, token.ErrConfig},
		"identifier with a fragment":         {scope.Resource{Identifier: "https://x.example#"}, token.ErrConfig},
		"identifier not ASCII":               {scope.Resource{Identifier: "https://é.example"}, token.ErrConfig},
		"identifier with a line break":       {scope.Resource{Identifier: "https://x.example/\n"}, token.ErrConfig},
		"realm with a line break":            {scope.Resource{Realm: "a\r\nb"}, token.ErrConfig},
		"realm with a tab":                   {scope.Resource{Realm: "a\tb"}, token.ErrConfig},
		"realm not ASCII":                    {scope.Resource{Realm: "größe"}, token.ErrConfig},
		"C_6750-3-7 relative":                {scope.Resource{Documentation: "/relative"}, token.ErrConfig},
		"C_6750-3-7 quote":                   {scope.Resource{Documentation: `https://x/"`}, token.ErrConfig},
		"C_6750-3-7 backslash":               {scope.Resource{Documentation: `https://x/\`}, token.ErrConfig},
		"C_6750-3-7 space":                   {scope.Resource{Documentation: "https://x/a b"}, token.ErrConfig},
		"C_6750-3-7 not ASCII":               {scope.Resource{Documentation: "https://x/é"}, token.ErrConfig},
		"C_6750-3-7 line break":              {scope.Resource{Documentation: "https://x/\n"}, token.ErrConfig},
		"C_6750-3-7 no host":                 {scope.Resource{Documentation: "https:///x"}, token.ErrConfig},
		"C_6750-3-7 a script":                {scope.Resource{Documentation: "javascript://x/%0aalert(1)"}, token.ErrConfig},
		"C_6750-3-7 a password":              {scope.Resource{Documentation: "https://a:b@x/"}, token.ErrConfig},
		"C_6750-3-7 http":                    {scope.Resource{Documentation: "HTTP://x/"}, nil},
		"C_9728-5.1-1 metadata of a script":  {scope.Resource{Metadata: "javascript://x/%0aalert(1)"}, token.ErrConfig},
		"C_9728-5.1-1 metadata, a password":  {scope.Resource{Metadata: "https://a:b@x/"}, token.ErrConfig},
		"C_9728-5.1-1 metadata, a user":      {scope.Resource{Metadata: "https://@x/"}, token.ErrConfig},
		"C_9728-5.1-1 metadata relative":     {scope.Resource{Metadata: "/.well-known/oauth-protected-resource"}, token.ErrConfig},
		"C_9728-5.1-1 metadata with a quote": {scope.Resource{Metadata: `https://x/"`}, token.ErrConfig},
		"base with a port":                   {base("http://127.0.0.1:8080"), nil},
		"base without scheme":                {base("//x.example"), token.ErrConfig},
		"base of another scheme":             {base("ftp://x.example"), token.ErrConfig},
		"base without host":                  {base("https:///x"), token.ErrConfig},
		"base with a query":                  {base("https://x.example?a"), token.ErrConfig},
		"base with a fragment":               {base("https://x.example/#a"), token.ErrConfig},
		"empty base":                         {base(""), token.ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorIs(t, row.resource.Validate(), row.want)
		})
	}
}

// The first and the last character that may stand in a challenge may, and
// their neighbours may not.
func TestEdgesOfResource(t *testing.T) {
	t.Parallel()
	for realm, want := range map[string]error{
		" ": nil, "~": nil, "a b~": nil, "\x1f": token.ErrConfig, "\x7f": token.ErrConfig, "\x00": token.ErrConfig, "é": token.ErrConfig, "a\r\nb": token.ErrConfig,
	} {
		assert.ErrorIs(t, scope.Resource{Realm: realm}.Validate(), want, "%q", realm)
	}
	for url, want := range map[string]error{
		"https://x.example/y": nil, "https://x.example/~": nil,
		"//x.example/y": token.ErrConfig, "/y": token.ErrConfig, "https:y": token.ErrConfig, "https:///y": token.ErrConfig, "mailto:a@x.example": token.ErrConfig,
		"https://x.example/\x7f": token.ErrConfig, "https://x.example/é": token.ErrConfig, "https://x.example/ y": token.ErrConfig,
		`https://x.example/"`: token.ErrConfig, `https://x.example/\`: token.ErrConfig,
	} {
		assert.ErrorIs(t, scope.Resource{Documentation: url}.Validate(), want, "%q", url)
		assert.ErrorIs(t, scope.Resource{Metadata: url}.Validate(), want, "%q", url)
	}
	const private = "https://u:secret@x.example/"
	_, err := scope.MetadataURL(private)
	for _, err := range []error{
		err, scope.Resource{Documentation: private}.Validate(), scope.Resource{Metadata: private}.Validate(), scope.Resource{BaseURLs: []string{private}}.Validate(),
		scope.Resource{Identifier: private, PublishesMetadata: true}.Validate(),
	} {
		require.ErrorIs(t, err, token.ErrConfig)
		assert.NotContains(t, err.Error(), "secret")
	}
}

// Settings from a file are checked before a guard is made of them.
func ExampleResource_Validate() {
	r := scope.Resource{Realm: "orders", Metadata: "/.well-known/oauth-protected-resource"}
	fmt.Println(r.Validate())
	// Output: invalid configuration: Resource.Metadata has "/.well-known/oauth-protected-resource", want an absolute http or https URL without user and password
}
