package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/postern-go/postern/token"
)

// choose returns the settings to judge a token by: those of the issuer that it
// names, unless there is one issuer only or one was asked for. An error matches
// token.ErrIssuer if the token names none of the issuers.
func (o *options) choose(raw string, out io.Writer) (token.Config, error) {
	only := &o.settings.Issuers[0]
	switch {
	case o.as != "":
		cfg, err := o.settings.ConfigFor(o.as)
		if errors.Is(err, token.ErrIssuer) { // of the command, and not of the token
			err = fmt.Errorf("%w: -as %s: no such issuer in the settings", errUsage, o.as)
		}
		return cfg, err
	case len(o.settings.Issuers) == 1 && only.Template == "":
		return o.settings.ConfigFor(only.Config.Issuer)
	}
	cfg, err := o.settings.ConfigFor(unverifiedIssuer(raw))
	if err == nil {
		fmt.Fprintf(out, "The settings are those of the issuer that the token names, %s.\n\n", printable(cfg.Issuer))
	}
	return cfg, err
}

// unverifiedIssuer is the iss that a token claims to have, or "".
func unverifiedIssuer(raw string) string {
	var issuer string
	_ = json.Unmarshal(claimsOf(raw)["iss"], &issuer)
	return issuer
}

// explainStranger is for a token of an issuer that the settings do not have. It
// says what a service would.
func (o *options) explainStranger(ctx context.Context, raw string, out io.Writer) (int, error) {
	auth, err := o.settings.Authenticator()
	if err != nil {
		return exitUsage, err
	}
	_, err = auth.Authenticate(ctx, token.Bearer(raw))
	fmt.Fprintf(out, "The token names no issuer of the settings; with -as it is judged by those of one.\n  %s\n", line(token.Finding{Check: "iss", Err: err}))
	printContents(out, raw, []token.Finding{{Check: "iss", Err: err}})
	return printVerdict(out, err), nil
}
