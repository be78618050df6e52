package refusals

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/internal/mint"
)

// proofCallTries have a proof by the right key for another call.
func proofCallTries() []try {
	other := "a proof that leaks lets in one call, and not every call of its client (RFC 9449 §4.3)"
	method := func(name string, f func(string) string) try {
		return edited("9449-4.3-8", name, reclaim("htm", f)).because(other)
	}
	target := func(row, name string, f func(u *url.URL)) try {
		return try{
			row: row, name: name, why: other,
			make: func(a *attacker) tokentest.Credentials {
				raw := a.bound()
				return proven(raw, a.proof(raw, tokentest.Claim("htu", a.target(f))))
			},
			applies: func(a *attacker) bool { return a.target(f) != a.cfg.DPoP.URL },
		}
	}
	hash := func(name string, f func(raw string) string) try {
		return withProof("9449-4.3-12a", name, func(a *attacker, raw string) []string {
			return []string{a.proof(raw, tokentest.Claim("ath", f(raw)))}
		}).because("a proof that is not for one token can be used with all tokens of its key (RFC 9449 §4.3)")
	}
	return []try{
		method("proof for another method", func(m string) string { return "X" + m }),
		method("proof for the method in the other case", swapCase),
		target("9449-4.3-9", "proof for another path", func(u *url.URL) { u.Path += "x" }),
		target("9449-4.3-9", "proof for a path further down", func(u *url.URL) { u.Path += "/x" }),
		target("9449-4.3-9", "proof for the host alone", func(u *url.URL) { u.Path = "/" }),
		target("9449-4.3-9", "proof for another host", func(u *url.URL) { u.Host = "attacker.test" }),
		target("9449-4.3-9", "proof for a host that begins like this one", func(u *url.URL) { u.Host = u.Hostname() + ".attacker.test" }),
		target("9449-4.3-9c", "proof for another port", func(u *url.URL) { u.Host = u.Hostname() + ":8444" }),
		target("9449-4.3-9c", "proof for the other scheme", otherScheme),
		target("9449-4.3-9c", "proof for the path in the other case", func(u *url.URL) { u.Path = swapCase(u.Path) }),
		target("9449-4.3-9c", "proof for the path with another slash", func(u *url.URL) { u.Path = strings.TrimSuffix(u.Path, "/") + "//" }),
		target("9449-4.3-9", "proof for a path alone", func(u *url.URL) { u.Scheme, u.Host = "", "" }),
		hash("proof for another token", func(raw string) string { return mint.Hash(raw + "x") }),
		hash("padded ath in a proof", func(raw string) string { return mint.Hash(raw) + "=" }),
		hash("ath of a proof in hex", hexHash),
	}
}

// target is the URL of the call after a change.
func (a *attacker) target(f func(u *url.URL)) string {
	u := mint.Must(url.Parse(a.cfg.DPoP.URL))
	f(u)
	u.RawPath = ""
	return u.String()
}

func otherScheme(u *url.URL) {
	if u.Scheme == "https" {
		u.Scheme = "http"
		return
	}
	u.Scheme = "https"
}

func hexHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// replayTries present a proof that was let in a moment ago.
func replayTries() []try {
	once := "a proof that was seen on its way is as good as the key until it is too old, unless it counts once (RFC 9449 §11.1)"
	again := func(name string, f func(a *attacker, c *tokentest.Credentials)) try {
		return try{row: "9449-11.1-1", name: name, after: func(a *attacker) (good, attack tokentest.Credentials) {
			raw := a.bound()
			proof := a.proof(raw)
			good, attack = proven(raw, proof), proven(raw, proof)
			f(a, &attack)
			return good, attack
		}}.refusedAs(refuseProof, "replay").because(once)
	}
	elsewhere := again("proof replayed to another replica", func(*attacker, *tokentest.Credentials) {}).
		ifTrue(func(a *attacker) bool { return a.cfg.DPoP.Replica != nil })
	elsewhere.row, elsewhere.replica = "9449-11.1-2", true
	return []try{
		again("proof replayed", func(*attacker, *tokentest.Credentials) {}),
		again("proof replayed with another query", func(_ *attacker, c *tokentest.Credentials) { c.Query = url.Values{"x": {"1"}} }),
		again("proof replayed under dpop in small letters", func(_ *attacker, c *tokentest.Credentials) {
			c.Authorization[0] = "dpop" + strings.TrimPrefix(c.Authorization[0], "DPoP")
		}),
		again("proof replayed with its other signature", func(a *attacker, c *tokentest.Credentials) {
			head, signature := cutLast(c.Fields["Dpop"][0])
			c.Fields["Dpop"] = []string{head + mint.Encode(mint.Key(a.key).OtherSignature(mint.Decode(signature)))}
		}).ifTrue(func(a *attacker) bool { return strings.HasPrefix(a.key.Algorithm, "ES") }),
		elsewhere,
	}
}

// cutLast is the signature of a proof, and what comes before it.
func cutLast(proof string) (head, signature string) {
	n := strings.LastIndexByte(proof, '.') + 1
	return proof[:n], proof[n:]
}
