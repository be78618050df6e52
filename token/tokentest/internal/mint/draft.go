// Package mint holds what the packages of the test kit share about making
// tokens: the draft of a token, keys that sign, and the attacker's own keys
// and documents.
package mint

import "time"

// Draft is a token that is being made. Edits change it; Mint finishes it. It
// is used by one goroutine.
type Draft struct {
	Now      time.Time // by the issuer's clock
	Header   Members
	Claims   Members
	Key      Key                        // signs, unless SignWith is set
	KeyFor   func(algorithm string) Key // the issuer's key for an algorithm
	Attacker *Attacker

	AudienceClaim string   // tells the audience
	ClientIDClaim string   // holds the client id
	ScopePath     []string // leads to the claim with the scopes
	ScopeForm     Form     // how they are written there

	HeaderText     Chain[string]
	PayloadText    Chain[string]
	HeaderSegment  Chain[string]
	PayloadSegment Chain[string]
	SignWith       func(input []byte) []byte // nil: Key signs
	Signature      Chain[[]byte]
	Compact        Chain[string]
}

// UseKey signs with k and says so in the header.
func (d *Draft) UseKey(k Key) {
	d.Key = k
	d.Header.Set("alg", k.Algorithm)
	if k.ID == "" {
		d.Header.Remove("kid")
		return
	}
	d.Header.Set("kid", k.ID)
}

// Forge signs with the attacker's key under the kid of the key before.
func (d *Draft) Forge() { d.Key.Private = d.Attacker.Key(d.Key.Algorithm).Private }

// Mint makes the token (RFC 7515 §7.1).
func (d *Draft) Mint() string {
	header := d.HeaderSegment.run(Encode(d.HeaderText.run(d.Header.Text())))
	payload := d.PayloadSegment.run(Encode(d.PayloadText.run(d.Claims.Text())))
	signature := d.Signature.run(d.sign([]byte(header + "." + payload)))
	return d.Compact.run(header + "." + payload + "." + Encode(signature))
}

// MintOpaque makes a token of this text, and what the issuer says about it.
func (d *Draft) MintOpaque(text string) (token, answer string) {
	return d.Compact.run(text), d.PayloadText.run(d.Claims.Text())
}

func (d *Draft) sign(input []byte) []byte {
	if d.SignWith != nil {
		return d.SignWith(input)
	}
	return d.Key.Sign(input)
}

// Chain is a list of functions that each work on the result of the one before.
type Chain[T any] []func(T) T

// Add puts f at the end.
func (c *Chain[T]) Add(f func(T) T) { *c = append(*c, f) }

func (c Chain[T]) run(value T) T {
	for _, f := range c {
		value = f(value)
	}
	return value
}
