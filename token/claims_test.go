package token_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/strict"
	"github.com/postern-go/postern/token"
)

type tenancy struct {
	Tenant string `json:"tenant"`
}

type nested struct {
	Realm struct {
		Roles []string `json:"roles"`
	} `json:"realm_access"`
}

type embedding struct {
	tenancy
	*Level
	Plain
	Named  tenancy `json:"named"`
	Hidden string  `json:"-"`
	//lint:ignore SA5008 what becomes of such a tag is what is tested
	Dash   string `json:"-,"`
	Upper  string
	Quoted int `json:"quoted,string"`
	//lint:ignore SA5008 what becomes of such a tag is what is tested
	Bad int `json:"no\"good"`
	//lint:ignore SA5008 what becomes of such a tag is what is tested
	Worse int `json:"back\\slash"`
	Worst int `json:"tab\t"`
	Space int `json:"a space"`
	Greek int `json:"λ"`
	inner int
}

type (
	Level struct {
		Depth int `json:"level"`
		*Deeper
	}
	Deeper struct {
		*Level
		Deep string `json:"deep"`
	}
	Plain string
)

// greedy looks at all claims itself, and so does whatever embeds it.
type greedy struct{ all map[string]any }

func (g *greedy) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &g.all) }

type embedsGreedy struct {
	Tenant string `json:"tenant"`
	greedy
}

// textual takes a string and no object.
type textual struct {
	Tenant string `json:"tenant"`
}

func (*textual) UnmarshalText([]byte) error { return nil }

// targets are new values of many types to decode claims into.
var targets = []func() any{
	func() any { return new(tenancy) },
	func() any { return new(*tenancy) },
	func() any { return new(nested) },
	func() any { return &embedding{inner: 1, Plain: "kept"} },
	func() any { return new(greedy) },
	func() any { return new(*greedy) },
	func() any { return new(embedsGreedy) },
	func() any { return new(textual) },
	func() any { return new(map[string]any) },
	func() any { return new(any) },
	func() any { return new(struct{}) },
	func() any { return new(string) },
	func() any { return new(json.RawMessage) },
	func() any { return new(time.Time) },
	func() any { return new(struct{ Tenant, TENANT, Upper string }) },
	func() any {
		return new(struct {
			Aud any             `json:"aud"`
			Raw json.RawMessage `json:"realm_access"`
			Num json.Number     `json:"level"`
		})
	},
	func() any { return tenancy{} }, // no pointer
	func() any { return (*tenancy)(nil) },
	func() any { return nil },
}

var claimTexts = []string{
	`{}`,
	`{"tenant":"acme","TENANT":"other","Tenant":"third","level":3,"Level":4}`,
	`{"\u0074enant":"escaped","x":"}","realm_access":{"roles":["a","b"],"ROLES":["admin"]},"aud":["a"]}`,
	` { "tenant" : "acme" , "groups" : [ 1 , {"tenant":"inner"} ] , "Upper" : "u" } `,
	`{"tenant":7}`, `{"level":"x"}`, `{"level":1e99}`, `{"quoted":"7","named":{"tenant":"n"},"-":"dash","λ":1,"":0}`,
	`{"no\"good":1,"Bad":2,"Hidden":"h","inner":3,"Plain":"p","tenancy":{"tenant":"x"}}`,
	`{"back\\slash":1,"tab\t":2,"a space":3,"Worse":4,"Worst":5}`,
	`{"realm_access":null,"aud":"x","level":12345678901234567890}`,
	`{"exp":1700000000,"iat":1700000000.5,"tenant":null,"deep":"d"}`,
}

// Giving the decoder only what a type can receive makes no difference to what
// it decodes, nor to whether it can.
func FuzzClaims(f *testing.F) {
	for _, text := range claimTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strict.Members(text, func(string, strict.Value) {}) != nil {
			return // no token has such claims
		}
		tok := token.Claiming(text)
		for _, target := range targets {
			got, want := target(), target()
			gotErr, wantErr := tok.Claims(got), jose.Unmarshal([]byte(text), want)
			name := fmt.Sprintf("%s into %T", text, want)
			require.Equal(t, wantErr == nil, gotErr == nil, "%s: %v, %v", name, gotErr, wantErr)
			if wantErr != nil {
				require.Contains(t, gotErr.Error(), wantErr.Error(), name)
			}
			require.Equal(t, want, got, name)
			if gotErr != nil {
				require.ErrorIs(t, gotErr, token.ErrClaim)
			}
		}
	})
}

// What is left out is really left out, or nothing would be gained.
func TestClaimsAreSelected(t *testing.T) {
	t.Parallel()
	const text = `{"iss":"i","tenant":"acme","TENANT":"x","groups":["a"],"level":3,"\u006eamed":{}}`
	for _, c := range []struct {
		target any
		want   string
	}{
		{new(tenancy), `{"tenant":"acme"}`},
		{new(*tenancy), `{"tenant":"acme"}`},
		{new(embedding), `{"tenant":"acme","level":3,"named":{}}`},
		{new(struct{}), `{}`},
		{new(greedy), text},
		{new(embedsGreedy), text},
		{new(textual), text},
		{new(map[string]string), text},
		{new(any), text},
		{nil, text},
	} {
		assert.Equal(t, c.want, token.Selected(reflect.TypeOf(c.target), text), "%T", c.target)
	}
	assert.Equal(t, "x", token.Selected(reflect.TypeFor[*tenancy](), "x"), "no object")
}

// endless is a type that points to itself.
type endless *endless

func TestClaimsIntoWhatPointsToItself(t *testing.T) {
	t.Parallel()
	var target endless
	require.ErrorIs(t, token.Claiming(`{}`).Claims(target), token.ErrClaim)
}

// The claim that does not fit is named, at whatever depth and however its name
// is spelled.
func TestClaimThatDoesNotFitIsNamed(t *testing.T) {
	t.Parallel()
	type target struct {
		Email string   `json:"email"`
		Roles []string `json:"roles"`
		nested
	}
	for name, c := range map[string]struct {
		claims string
		target any
		says   []string
	}{
		"an array for a string":      {`{"x":"email","email":["a","b"],"roles":[]}`, new(target), []string{`email is ["a","b"], want`, "string"}},
		"a string for an array":      {`{"email":"e","roles":"admin"}`, new(target), []string{`roles is "admin", want`}},
		"inside of an array":         {`{"email":"e","roles":["a",7]}`, new(target), []string{`roles is ["a",7], want`, "number"}},
		"inside of objects":          {`{"email":"e","realm_access":{"roles":[{}]}}`, new(target), []string{`realm_access is {"roles":[{}]}, want`}},
		"a number":                   {`{"email":190522}`, new(target), []string{`email is 190522, want`}},
		"a name with escapes":        {`{"\u0065mail" : true}`, new(target), []string{`email is true, want`}},
		"quotes in a name before it": {`{"a\":\"email":"}" , "email":1}`, new(map[string]string), []string{`email is 1, want`}},
		"not one claim":              {`{"email":"e"}`, new([]string), []string{"claims that fit the Go type"}},
		"no pointer":                 {`{}`, target{}, []string{"claims that fit the Go type"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := token.Claiming(c.claims).Claims(c.target)
			require.ErrorIs(t, err, token.ErrClaim)
			for _, text := range c.says {
				assert.ErrorContains(t, err, text)
			}
		})
	}
}

// BenchmarkClaims asks for one claim among many.
func BenchmarkClaims(b *testing.B) {
	for _, size := range []int{900, 4096} {
		tok := verified(b, claims("tenant", "acme", "groups", strings.Split(strings.Repeat("group-0000 ", size/20), " ")), nil)
		run := func(name string, decode func() error) {
			b.Run(fmt.Sprintf("size=%d/into=%s", size, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := decode(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("struct", func() error { var c tenancy; return tok.Claims(&c) })
		run("map", func() error { var c map[string]any; return tok.Claims(&c) })
	}
}
