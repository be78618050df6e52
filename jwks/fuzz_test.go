package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/jwks"
)

// fixedEC and fixedEd are keys that seeds can carry: RFC 7517 A.1 and RFC 8037 A.2.
const (
	fixedEC = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",` +
		`"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1"}`
	fixedEd  = `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"EdDSA"}`
	fixedRSA = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs` +
		`tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbIS` +
		`D08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
)

func FuzzParseSet(f *testing.F) {
	f.Add([]byte(rawSet(fixedEC, fixedEd, fixedRSA)))
	f.Add([]byte(rawSet(fixedRSA[:len(fixedRSA)-1] + `,"x5c":["!!"],"key_ops":["verify"]}`)))
	f.Add([]byte(rawSet(fixedEC[:len(fixedEC)-1]+`,"d":"AA"}`, `{"kty":"oct","k":"AA"}`, `{"kty":"AKP"}`, `null`, `[]`)))
	f.Add([]byte(rawSet(`{"kty":"EC","kty":"EC"}`)))
	f.Add([]byte(`{"keys":[],"keys":[]}`))
	f.Add([]byte(`{"keys":null}`))
	f.Add([]byte(`{"error":"x"}`))
	f.Add([]byte(`<html>`))
	for _, seed := range seedSets(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		set, err := jwks.ParseSet(body)
		if err != nil {
			if len(set.Keys)+len(set.Skipped) > 0 {
				t.Fatal("an error and a set")
			}
			return
		}
		if !json.Valid(body) || len(set.Keys) > 100 {
			t.Fatalf("accepted %q", body)
		}
		elements := elementsOf(t, body)
		if len(elements) <= 1000 && len(set.Keys)+len(set.Skipped) != len(elements) {
			t.Fatalf("%d keys and %d skipped of %d", len(set.Keys), len(set.Skipped), len(elements))
		}
		for _, s := range set.Skipped {
			if !printable.Is(s.ID+s.Detail) || len(s.ID) > 128 || len(s.Detail) > longestText {
				t.Fatalf("skipped %+v", s)
			}
		}
		for _, k := range set.Keys {
			checkInvariants(t, k)
			if !slices.ContainsFunc(elements, func(e json.RawMessage) bool { return joseAgrees(e, k) }) {
				t.Fatalf("no element of the set is the key %+v", k)
			}
		}
		for _, s := range set.Skipped {
			if !slices.Contains(reasons, s.Reason) || len(s.ID) > 128 {
				t.Fatalf("skipped as %+v", s)
			}
		}
	})
}

var reasons = []error{
	jwks.ErrKeyMalformed, jwks.ErrKeyPrivate, jwks.ErrKeySymmetric, jwks.ErrKeyUse,
	jwks.ErrKeyAlgorithm, jwks.ErrKeyWeak, jwks.ErrKeyUnsupported, jwks.ErrKeyLimit,
}

// seedSets are the sets of wycheproof, if POSTERN_VECTORS tells where they are.
func seedSets(f *testing.F) (sets [][]byte) {
	b, err := os.ReadFile(filepath.Join(os.Getenv("POSTERN_VECTORS"), "wycheproof", "json_web_key_test.json"))
	if err != nil {
		return nil
	}
	var file struct {
		TestGroups []struct{ Public, Private json.RawMessage }
	}
	if err := json.Unmarshal(b, &file); err != nil {
		f.Fatal(err)
	}
	for _, g := range file.TestGroups {
		sets = append(sets, g.Public, g.Private)
	}
	return sets
}

func elementsOf(t *testing.T, body []byte) []json.RawMessage {
	t.Helper()
	var outer map[string]json.RawMessage // unlike a struct, case-sensitive
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &outer); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(outer["keys"], &elements); err != nil {
		t.Fatal(err)
	}
	return elements
}

// joseAgrees reports whether go-jose reads element as the same key, from the
// members that belong to its type: it refuses a key for a member of another one,
// which RFC 7517 §4 says to ignore.
func joseAgrees(element json.RawMessage, k jwks.Key) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(element, &members) != nil {
		return false
	}
	var kty string
	if json.Unmarshal(members["kty"], &kty) != nil {
		return false
	}
	own := map[string][]string{"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}[kty]
	plain := map[string]json.RawMessage{}
	for _, name := range append(own, "kty", "kid", "alg", "use") {
		if v, ok := members[name]; ok {
			plain[name] = v
		}
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return false
	}
	var parsed jose.JSONWebKey
	if parsed.UnmarshalJSON(b) != nil || !parsed.Valid() || !parsed.IsPublic() {
		return false
	}
	public, ok := parsed.Key.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(k.Public) && parsed.KeyID == k.ID && parsed.Algorithm == k.Algorithm &&
		(parsed.Use == "" || parsed.Use == "sig")
}

func checkInvariants(t *testing.T, k jwks.Key) {
	t.Helper()
	if err := jwks.CheckKey(k); err != nil {
		t.Fatalf("a key that is not fit: %v", err)
	}
	requireThumbprint(t, k)
	switch public := k.Public.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < 2048 || bits > 8192 || public.E < 3 || public.E%2 == 0 {
			t.Fatalf("RSA key of %d bits with exponent %d", bits, public.E)
		}
		if k.Algorithm != "" && !strings.HasPrefix(k.Algorithm, "RS") && !strings.HasPrefix(k.Algorithm, "PS") {
			t.Fatalf("RSA key for %s", k.Algorithm)
		}
	case *ecdsa.PublicKey:
		if _, err := public.ECDH(); err != nil {
			t.Fatalf("EC key: %v", err)
		}
		want := map[elliptic.Curve]string{elliptic.P256(): "ES256", elliptic.P384(): "ES384", elliptic.P521(): "ES512"}[public.Curve]
		if want == "" || k.Algorithm != "" && k.Algorithm != want {
			t.Fatalf("EC key on %s for %s", public.Params().Name, k.Algorithm)
		}
	case ed25519.PublicKey:
		if len(public) != 32 || !slices.Contains([]string{"", "EdDSA", "Ed25519"}, k.Algorithm) {
			t.Fatalf("Ed25519 key of %d bytes for %s", len(public), k.Algorithm)
		}
	default:
		t.Fatalf("key of type %T", public)
	}
}

// A key by itself is judged as in a set.
func FuzzParseKey(f *testing.F) {
	for _, jwk := range []string{fixedEC, fixedEd, fixedRSA, dpopEC, `{"kty":"oct","k":"AA"}`, `{"kty":"EC","kty":"EC"}`, `null`, `[]`, `x`, ``} {
		f.Add([]byte(jwk))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		key, err := jwks.ParseKey(body)
		if err != nil {
			assertLines(t, "ParseKey", err)
			if key != (jwks.Key{}) || !slices.ContainsFunc(reasons, func(r error) bool { return errors.Is(err, r) }) {
				t.Fatalf("%v, %v", key, err)
			}
		}
		set, wrong := jwks.ParseSet(slices.Concat([]byte(`{"keys":[`), body, []byte(`]}`)))
		if err == nil && (wrong != nil || len(set.Keys) != 1 || !reflect.DeepEqual(set.Keys[0], key)) {
			t.Fatalf("%+v, in a set %+v, %v", key, set, wrong)
		}
		if err != nil && json.Valid(body) && (wrong == nil && len(set.Keys) > 0) {
			t.Fatalf("%v, in a set %+v", err, set)
		}
		if err == nil {
			checkInvariants(t, key)
		}
	})
}
