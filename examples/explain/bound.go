package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/postern-go/postern/token"
)

// proofs stands for the check of proofs of a service that takes DPoP. There is a
// token here and no call, so that there is no proof to check.
type proofs struct{ required bool }

func (proofs) Method() string { return "jkt" }

func (proofs) Scheme() token.Scheme { return token.Scheme{Name: "DPoP"} }

func (p proofs) Required() bool { return p.required }

func (proofs) Check(context.Context, *token.Token, token.Presentation) error { return nil }

// withProofs is cfg for a service that takes DPoP as the flag says.
func (o *options) withProofs(cfg token.Config) token.Config {
	if o.dpop != "" {
		cfg.Confirmations = append(cfg.Confirmations, proofs{o.dpop == "require"})
	}
	return cfg
}

// presented is the token under the scheme that its client has to use.
func (e *explanation) presented(raw string) token.Presentation {
	p := token.Bearer(raw)
	if e.takesProofs && boundTo(raw) != "" {
		p.Scheme = "DPoP"
	}
	return p
}

// boundTo is the thumbprint of the key that a token claims to be bound to, or "".
func boundTo(raw string) string {
	var claims struct {
		Confirmation struct {
			Thumbprint string `json:"jkt"`
		} `json:"cnf"`
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.Confirmation.Thumbprint
}

// printBinding says what a client needs besides the token.
func (e *explanation) printBinding(out io.Writer, raw string) {
	thumbprint := boundTo(raw)
	switch {
	case thumbprint == "":
	case e.takesProofs:
		fmt.Fprintf(out, "\nBound: each call needs a proof by the key with the thumbprint %s,\n  under the scheme DPoP. A proof is for one call, so that none is checked here.\n", printable(cut(thumbprint)))
	default:
		fmt.Fprintln(out, "\nBound: to a key (jkt). For a service that takes proofs by it, see the flag -dpop.")
	}
}
