package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/postern-go/postern/token"
)

// The methods of proof of possession that a service can check (RFC 9449 §6.1,
// RFC 8705 §3.1).
const (
	byKey         = "jkt"
	byCertificate = "x5t#S256"
)

// binding is what the flags say about bound tokens.
type binding struct {
	dpop         string // "accept", "require" or ""
	certificates bool
}

func (b *binding) register(set *flag.FlagSet) {
	set.StringVar(&b.dpop, "dpop", "", "judge as a service that takes tokens bound to a key (RFC 9449): `accept` or require; proofs are not checked")
	set.BoolVar(&b.certificates, "mtls", false, "judge as a service that takes tokens bound to a certificate (RFC 8705); no certificate is checked")
}

func (b *binding) validate() error {
	if !slices.Contains([]string{"", "accept", "require"}, b.dpop) {
		return fmt.Errorf("%w: -dpop is accept or require", errUsage)
	}
	return nil
}

// anyToken takes unbound tokens too, so that no binding tells them apart.
func (b binding) anyToken() binding {
	if b.dpop != "" {
		b.dpop = "accept"
	}
	return b
}

// checkers stand for those of the service.
func (b binding) checkers() (all []token.ConfirmationChecker) {
	if b.certificates {
		all = append(all, standIn(byCertificate))
	}
	if b.dpop != "" {
		all = append(all, proofs{standIn(byKey), b.dpop == "require"})
	}
	return all
}

// standIn stands for what checks proofs by a method. There is a token here and no
// call, so that there is no proof to check, only what a proof would be held against.
type standIn string

func (s standIn) Method() string { return string(s) }

func (s standIn) Check(_ context.Context, t *token.Token, _ token.Presentation) error {
	thumbprint, _ := t.Confirmation(string(s))
	if hash, err := base64.RawURLEncoding.Strict().DecodeString(thumbprint); err != nil || len(hash) != sha256.Size {
		return fmt.Errorf("%w: cnf %s is no SHA-256 thumbprint, which no proof can match", token.ErrBinding, string(s))
	}
	return nil
}

// proofs stands for a dpop.Checker.
type proofs struct {
	standIn
	required bool
}

func (proofs) Scheme() token.Scheme { return token.Scheme{Name: "DPoP"} }

func (p proofs) Required() bool { return p.required }

// presented is the token under the scheme that its client has to use at a service
// with these settings.
func presented(cfg token.Config, raw string) token.Presentation {
	p := token.Bearer(raw)
	bound := confirmations(raw)
	for _, c := range cfg.Confirmations {
		if needs, ok := c.(token.SchemeChecker); ok && bound[c.Method()] != nil {
			p.Scheme = needs.Scheme().Name
		}
	}
	return p
}

// confirmations are the members of cnf, as a token claims to have them (RFC 7800 §3.1).
func confirmations(raw string) (members map[string]json.RawMessage) {
	_ = json.Unmarshal(claimsOf(raw)["cnf"], &members)
	return members
}

// printBinding says what a client needs besides the token.
func printBinding(out io.Writer, cfg token.Config, raw string) {
	bound := confirmations(raw)
	for _, method := range slices.Sorted(maps.Keys(bound)) {
		var thumbprint string
		if json.Unmarshal(bound[method], &thumbprint) != nil {
			continue
		}
		thumbprint = printable(cut(thumbprint))
		taken := slices.ContainsFunc(cfg.Confirmations, func(c token.ConfirmationChecker) bool { return c.Method() == method })
		switch {
		case method == byKey && taken:
			fmt.Fprintf(out, "\nBound: each call needs a proof by the key with the thumbprint %s,\n  under the scheme DPoP. A proof is for one call, so that none is checked here.\n", thumbprint)
		case method == byCertificate && taken:
			fmt.Fprintf(out, "\nBound: each call needs the client certificate with the thumbprint %s.\n  There is no connection here, so that none is checked.\n", thumbprint)
		case method == byKey:
			fmt.Fprintln(out, "\nBound: to a key (jkt). For a service that takes proofs by it, see the flag -dpop.")
		case method == byCertificate:
			fmt.Fprintln(out, "\nBound: to a certificate (x5t#S256). For a service that asks clients for theirs, see the flag -mtls.")
		}
	}
}
