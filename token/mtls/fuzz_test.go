package mtls_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-go/postern/token/mtls"
)

// sole is the thumbprint of the one certificate that der is, or "".
func sole(der []byte) string {
	cert, err := x509.ParseCertificate(der)
	if err != nil || string(cert.Raw) != string(der) {
		return ""
	}
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func agree(t *testing.T, value, got string, ok bool, want string) {
	t.Helper()
	if ok != (want != "") || ok && got != want {
		t.Fatalf("%q: read %q and %t, want %q", value, got, ok, want)
	}
}

// The value of Client-Cert is what its certificate is written as, and nothing
// else but spaces around it.
func FuzzClientCert(f *testing.F) {
	for _, seed := range []string{":" + published + ":", published, "::", ":", "", " :" + published + ":\t", ":" + published + ":;a", ":" + published[:40] + "\n" + published[40:] + ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := mtls.ParseClientCert(value)
		var want string
		loose := strings.NewReplacer(":", "", " ", "", "\n", "", "\r", "").Replace(value)
		if der, err := base64.StdEncoding.DecodeString(loose); err == nil && strings.Trim(value, " ") == ":"+base64.StdEncoding.EncodeToString(der)+":" {
			want = sole(der)
		}
		agree(t, value, got, ok, want)
	})
}

func FuzzBase64DER(f *testing.F) {
	for _, seed := range []string{published, ":" + published + ":", "", published + "\n", published[:len(published)-1]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := mtls.ParseBase64DER(value)
		var want string
		if der, err := base64.StdEncoding.DecodeString(value); err == nil && base64.StdEncoding.EncodeToString(der) == value {
			want = sole(der)
		}
		agree(t, value, got, ok, want)
	})
}

// pemOfOne is PEM with nothing around it: lines of base64, whose padding is at
// the end.
var pemOfOne = regexp.MustCompile(`\A-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*\n-----END CERTIFICATE-----[\r\n]*\z`)

// The readers of the standard library find the same certificate in escaped PEM.
func FuzzEscapedPEM(f *testing.F) {
	text := publishedPEM(f)
	for _, seed := range []string{
		url.PathEscape(text), url.QueryEscape(text), text, url.PathEscape(text + text), url.PathEscape("x\n" + text), "%", "%0", "%zz", "",
		url.PathEscape(strings.ReplaceAll(text, "\n", "\r\n")), url.PathEscape(strings.Replace(text, "-----\n", "-----\nA: b\n\n", 1)),
	} {
		f.Add(seed)
	}
	plain := regexp.MustCompile(`\A[!-~]*\z`)
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := mtls.ParseEscapedPEM(value)
		if !ok {
			return
		}
		unescaped, err := url.PathUnescape(value)
		if err != nil || !plain.MatchString(value) || !pemOfOne.MatchString(unescaped) {
			t.Fatalf("%q is not plain percent encoding of PEM", value)
		}
		block, rest := pem.Decode([]byte(unescaped))
		if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) != 0 || strings.Trim(string(rest), "\r\n") != "" {
			t.Fatalf("%q is not one block", value)
		}
		agree(t, value, got, ok, sole(block.Bytes))
	})
}

// XFCC by regular expressions: quoted or plain values, pairs, elements.
const (
	xfccPair    = `[A-Za-z]+=(?:"(?:[ !#-\[\]-~]|\\[ -~])*"|[!#-+\--:<-~]*)`
	xfccElement = `[ \t]*` + xfccPair + `(?:;` + xfccPair + `)*[ \t]*`
)

var (
	onePair    = regexp.MustCompile(xfccPair)
	oneElement = regexp.MustCompile(xfccElement)
	allOfXFCC  = regexp.MustCompile(`\A` + xfccElement + `(?:,` + xfccElement + `){0,31}\z`)
	escaped    = regexp.MustCompile(`\\(.)`)
)

// elementsOf is the reading of XFCC by regular expressions, or nil.
func elementsOf(value string) (all [][2]string) {
	if !allOfXFCC.MatchString(value) {
		return nil
	}
	for _, text := range oneElement.FindAllString(value, -1) {
		var e [2]string
		seen := map[string]bool{}
		for _, pair := range onePair.FindAllString(text, -1) {
			key, v, _ := strings.Cut(pair, "=")
			if strings.HasPrefix(v, `"`) {
				v = escaped.ReplaceAllString(v[1:len(v)-1], "$1")
			}
			place := map[string]*string{"hash": &e[0], "cert": &e[1]}[strings.ToLower(key)]
			if place == nil {
				continue
			}
			if seen[strings.ToLower(key)] {
				return nil
			}
			seen[strings.ToLower(key)] = true
			*place = v
		}
		all = append(all, e)
	}
	return all
}

func FuzzXFCC(f *testing.F) {
	for _, seed := range []string{
		"Hash=" + strings.Repeat("0a", 32), `By=a;Hash=b;Cert="c%0A";Subject="CN=\"x\\\",y";URI=;DNS=d,Hash=e`, `hash=a;HASH=b`, `a="`, `a="\`, "a=b;", ",a=b", "a=b , c=d", "=", "",
		`Subject="a\";Hash=b`, "URI=a,Hash=b", `a="b"c`, `a=b"c"`, "\ta=b", "a=b\x7f",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := mtls.Elements(value)
		want := elementsOf(value)
		if ok != (want != nil) {
			t.Fatalf("%q: read %t, want %t", value, ok, want != nil)
		}
		for i := range want {
			if got[i] != want[i] || len(got) != len(want) {
				t.Fatalf("%q: read %q, want %q", value, got, want)
			}
		}
		mtls.Header{Format: mtls.XFCC, Hop: 1, ForwardsHops: true}.ParseXFCC(value)
	})
}
