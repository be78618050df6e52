package metadata_test

import (
	"encoding/json"
	"testing"

	"github.com/postern-go/postern/internal/metadata"
)

var members = []metadata.Member{metadata.JWKSURI, metadata.IntrospectionEndpoint, metadata.TokenEndpoint}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"issuer":"`+issuerURL+`","jwks_uri":"https://as.example.com/keys"}`), issuerURL)
	f.Add([]byte(`{"issuer":"`+issuerURL+`/","token_endpoint":"https://as.example.com/token"}`), issuerURL)
	f.Add([]byte(`{"issuer":"a","issuer":"b","jwks_uri":"c"}`), "b")
	f.Add([]byte(`{"iss\u0075er":"a","jwks_uri":"\u0063"}`), "a")
	f.Add([]byte(`{"Issuer":"a","JWKS_URI":"c"}`), "a")
	f.Add([]byte(`{"issuer":["a"],"jwks_uri":null}`), "a")
	f.Add([]byte(`{"issuer":"a","introspection_endpoint":"b","token_endpoint":5}`), "a")
	f.Add([]byte(`[]`), "a")
	f.Fuzz(func(t *testing.T, body []byte, issuer string) {
		if issuer == "" {
			return // no Issuer is without
		}
		document, err := metadata.Read(body, issuer)
		if err != nil {
			if document != nil {
				t.Fatal("an error and a document")
			}
			return
		}
		var m map[string]any
		if json.Unmarshal(body, &m) != nil || m["issuer"] != issuer {
			t.Fatalf("%q for %q", body, issuer)
		}
		for _, member := range members {
			want, _ := m[string(member)].(string)
			if got := document[member]; got != want {
				t.Fatalf("%s is %q from %q", member, got, body)
			}
		}
	})
}
