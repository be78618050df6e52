package dpop_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/dpop"
)

// FuzzURL holds the reader of htu against one made of net/url and the steps of
// RFC 3986 §5.2.4 as they are written there.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		target, "HTTPS://API.Example.com:443/a%7eb/./c", "https://a/../b//../c/..", "https://a?b#c", "http://[::1]:80", "https://a:/", "https://a@b/",
		"https://a/%2e%2E/%2f", "https://a/b|c", "https://a/..", "https://a/.", "https://a/b/...", "https:///", "https://a//", "https://a/..//b", "https://a:0443",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, path, ok := dpop.NormalURL(text)
		if !ok {
			return
		}
		bare, _, _ := strings.Cut(text, "#")
		bare, _, _ = strings.Cut(bare, "?")
		u, err := url.Parse(bare)
		require.NoError(t, err)
		require.Nil(t, u.User)
		assert.Equal(t, referenceOrigin(u), origin)
		_, sent, _ := strings.Cut(bare, "://")
		sent = sent[strings.Index(sent+"/", "/"):]
		assert.Equal(t, referencePath(sent), path)

		again, samePath, ok := dpop.NormalURL(origin + path)
		assert.True(t, ok && again == origin && samePath == path, "the form is its own form")
		call, ok := dpop.NormalTarget(u)
		assert.True(t, ok)
		assert.Equal(t, origin+path, call, "a call for it has that form")
	})
}

func referenceOrigin(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") || strings.HasPrefix(u.Host, "[") {
		host = "[" + host + "]"
	}
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

func referencePath(path string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	path = escape.ReplaceAllStringFunc(path, func(text string) string {
		n, _ := strconv.ParseUint(text[1:], 16, 8)
		if strings.IndexByte(unreserved, byte(n)) >= 0 {
			return string(rune(n))
		}
		return strings.ToUpper(text)
	})
	if path == "" {
		return "/"
	}
	return removeDotSegments(path)
}

// removeDotSegments is RFC 3986 §5.2.4, step by step, for a path with a slash in
// front.
func removeDotSegments(in string) string {
	out := ""
	for in != "" {
		switch {
		case strings.HasPrefix(in, "/./"):
			in = in[2:]
		case in == "/.":
			in = "/"
		case strings.HasPrefix(in, "/../"):
			in, out = in[3:], out[:max(strings.LastIndex(out, "/"), 0)]
		case in == "/..":
			in, out = "/", out[:max(strings.LastIndex(out, "/"), 0)]
		default:
			end := strings.Index(in[1:], "/") + 1
			if end == 0 {
				end = len(in)
			}
			out, in = out+in[:end], in[end:]
		}
	}
	return out
}

// FuzzProof sends garbage for proofs: none gets in, and every refusal is one line
// of one reason.
func FuzzProof(f *testing.F) {
	key, prover := newProver(f)
	good, err := prover.Proof(dpop.Claims{Method: "GET", URL: target, Token: "x", IssuedAt: time.Unix(epoch, 0)})
	require.NoError(f, err)
	f.Add(good, "", "")
	f.Add("", headerOf(f, good), payloadOf(f, good))
	f.Add("", `{"typ":"dpop+jwt","alg":"ES256","jwk":{}}`, `{"jti":"\u0000","iat":1e9}`)
	f.Add("a.b.c", `[]`, `{}`)
	f.Fuzz(func(t *testing.T, raw, header, claims string) {
		store := older(t)
		now := func() time.Time { return time.Unix(epoch, 0) }
		checker, err := dpop.New(dpop.Config{Time: now, Store: store})
		require.NoError(t, err)
		opaque, err := token.Vouched("x", token.VouchedClaims{
			Issuer: "https://a.example", Audience: []string{"a"}, Expiry: now().Add(time.Hour), Time: now,
			Confirmation: map[string]string{"jkt": prover.Thumbprint()},
		})
		require.NoError(t, err)
		for _, proof := range []string{raw, signedText(t, key, header, claims)} {
			before := store.Stats().Entries
			err := checker.Check(t.Context(), opaque, token.Presentation{Scheme: "DPoP", Token: "x", Call: newCall(t, target, proof)})
			if err == nil {
				gotHeader, gotClaims := decoded(t, proof)
				assert.Equal(t, "GET", gotClaims["htm"])
				assert.Equal(t, "ES256", gotHeader["alg"])
				continue
			}
			assert.True(t, printable.Is(err.Error()) && len(err.Error()) <= printable.MaxLine)
			assert.Equal(t, "invalid", token.Outcome(err))
			assert.Equal(t, before, store.Stats().Entries)
		}
	})
}

// FuzzNonce changes and invents nonces.
func FuzzNonce(f *testing.F) {
	nonces := newNonces(f, secret(1), secret(2))
	good := nonces.Next("https://a.example", time.Unix(epoch, 0))
	f.Add(good, "https://a.example")
	f.Add(good[:53]+"B", "https://a.example")
	f.Add("", "")
	f.Add(strings.Repeat("A", 54), "https://b.example")
	f.Fuzz(func(t *testing.T, nonce, origin string) {
		made, ok := nonces.Read(nonce, origin)
		want, genuine := referenceNonce(nonce, origin, secret(1), secret(2))
		assert.Equal(t, genuine, ok)
		if ok {
			assert.Equal(t, want, made.UnixNano())
		}
		next := nonces.Next(origin, time.Unix(epoch, 0))
		_, ok = nonces.Read(next, origin)
		assert.True(t, ok)
		_, ok = nonces.Read(next, origin+"x")
		assert.False(t, ok)
	})
}

// referenceNonce reads a nonce by its definition: a time, random bytes, and half of
// an HMAC over them and the origin.
func referenceNonce(nonce, origin string, keys ...[]byte) (made int64, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(raw) != 40 || strings.ContainsAny(nonce, "\r\n") {
		return 0, false
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("postern DPoP nonce 1 " + string(raw[:24]) + origin))
		if string(mac.Sum(nil)[:16]) == string(raw[24:]) {
			return int64(binary.BigEndian.Uint64(raw)), true
		}
	}
	return 0, false
}
