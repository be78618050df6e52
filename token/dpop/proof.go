package dpop

import (
	"strings"

	"github.com/postern-go/postern/internal/claims"
	"github.com/postern-go/postern/internal/jws"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

const (
	maxProof = 8 << 10 // bytes
	maxID    = 256
)

// proof is a proof with a good signature and claims of the right types.
type proof struct {
	signed                jws.SelfSigned
	id, method, url, hash string
	nonce                 string
	issuedAt              int64 // seconds, rounded down
	fraction              bool  // iat is between issuedAt and the next second
}

// faults that do not depend on the proof are made once.
var (
	errNone = &rejection.Error{Reason: rejection.ProofMissing, Claim: "header field DPoP", Want: "a proof"}
	errMany = &rejection.Error{Reason: rejection.Proof, Claim: "header field DPoP", Got: "there several times", Want: "one proof"}
	errSize = &rejection.Error{Reason: rejection.Proof, Claim: "header field DPoP", Got: "too long", Want: "a proof of at most 8192 bytes"}
)

// single is the one proof among the values of the DPoP field. Intermediaries may
// join the values of several fields with commas (RFC 9110 §5.3).
func single(fields []string) (string, error) {
	switch {
	case len(fields) == 0:
		return "", errNone
	case len(fields) > 1 || strings.Contains(fields[0], ","):
		return "", errMany
	case len(fields[0]) > maxProof:
		return "", errSize
	default:
		return fields[0], nil
	}
}

// readProof verifies the signature of a proof and reads its claims.
func readProof(verifier *jws.SelfVerifier, raw string) (proof, error) {
	signed, err := verifier.Verify(raw)
	if err != nil {
		return proof{}, &rejection.Error{Reason: rejection.Proof, Cause: err}
	}
	r := reader{proof: proof{signed: signed}}
	if err := strict.Members(signed.Payload, r.member); err != nil {
		return proof{}, &rejection.Error{Reason: rejection.Proof, Want: "a strict JSON object as payload", Cause: err}
	}
	for _, name := range [...]string{"jti", "htm", "htu", "ath", "iat"} {
		if !r.has(name) {
			r.fail(name, strict.Value{}, "a value")
		}
	}
	if r.fault != nil {
		return proof{}, r.fault
	}
	return r.proof, nil
}

// reader reads the claims of a proof (RFC 9449 §4.2), and keeps the first fault.
type reader struct {
	proof
	issued bool
	fault  error
}

func (r *reader) member(name string, v strict.Value) {
	switch name {
	case "jti":
		r.id = r.text(name, v)
		if len(r.id) > maxID {
			r.fail(name, strict.Value{}, "at most 256 bytes")
		}
	case "htm":
		r.method = r.text(name, v)
	case "htu":
		r.url = r.text(name, v)
	case "ath":
		r.hash = r.text(name, v)
	case "nonce":
		r.nonce = r.text(name, v)
	case "iat":
		r.date(v)
	}
}

func (r *reader) text(name string, v strict.Value) string {
	text, ok := v.Text()
	if !ok || text == "" {
		r.fail(name, v, "a string that is not empty")
	}
	return text
}

func (r *reader) date(v strict.Value) {
	ok := v.Kind == strict.Number
	if ok {
		r.issuedAt, r.fraction, ok = claims.ParseNumericDate(v.Raw)
	}
	if !ok {
		r.fail("iat", v, "a number of seconds since 1970")
	}
	r.issued = true
}

func (r *reader) has(name string) bool {
	switch name {
	case "jti":
		return r.id != ""
	case "htm":
		return r.method != ""
	case "htu":
		return r.url != ""
	case "ath":
		return r.hash != ""
	default:
		return r.issued
	}
}

func (r *reader) fail(claim string, v strict.Value, want string) {
	if r.fault == nil {
		r.fault = (&rejection.Error{Reason: rejection.Proof, Claim: "proof " + claim, Want: want}).Saw(v)
	}
}
