package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/postern-go/postern/examples/internal/propose"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// proposeFor prints the smallest profile for a token, and what it means.
func (o *options) proposeFor(ctx context.Context, cfg token.Config, raw string, out io.Writer) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := propose.For(ctx, cfg, presented(cfg, raw))
	switch {
	case errors.Is(err, token.ErrConfig) && !errors.Is(err, propose.ErrHole):
		return exitUsage, err
	case errors.Is(err, token.ErrUnavailable):
		fmt.Fprintf(out, "No proposal: the token could not be judged: %s\nCure: %s\n", printable(err.Error()), cures[token.Reason(err)])
		return exitUnjudged, nil
	case errors.Is(err, propose.ErrHole):
		fmt.Fprintf(out, "No proposal: %s\n", printable(err.Error()))
		return exitRefused, nil
	case err != nil:
		fmt.Fprintf(out, "No proposal: %s\nNo profile changes that. Cure: %s\n", printable(err.Error()), cures[token.Reason(err)])
		return exitRefused, nil
	}
	text, err := o.marshal(cfg, p.Profile)
	if err != nil {
		return exitUsage, err
	}
	printProposal(out, p, text)
	return exitGood, nil
}

// marshal writes the settings of an issuer as they were given, with this profile.
func (o *options) marshal(cfg token.Config, p token.Profile) ([]byte, error) {
	issuer := settings.Issuer{Config: token.Config{Issuer: cfg.Issuer, Audience: cfg.Audience}}
	for _, given := range o.given {
		if given.Config.Issuer == cfg.Issuer {
			issuer = given
		}
	}
	issuer.Config.Profile = p
	issuer.Keys.Remote.Proxy = withoutPassword(issuer.Keys.Remote.Proxy)
	return settings.Marshal(&settings.File{Issuers: []settings.Issuer{issuer}})
}

// withoutPassword is the URL of a proxy as it may be printed.
func withoutPassword(proxy string) string {
	u, err := url.Parse(proxy)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

func printProposal(out io.Writer, p *propose.Proposal, text []byte) {
	if len(p.Lines) == 0 {
		fmt.Fprintln(out, "This token needs no profile: it is as RFC 9068 wants it.")
	} else {
		fmt.Fprintln(out, "The smallest profile with which this token is accepted, where each setting")
		for _, l := range p.Lines {
			fmt.Fprintf(out, "  %s: %s\n", l.Field, printable(l.Why))
		}
	}
	fmt.Fprintf(out, "\nID tokens of this issuer are told apart by %s.\n", printable(p.Apart))
	for _, note := range p.Notes {
		fmt.Fprintln(out, printable(note))
	}
	fmt.Fprintf(out, "\nAs a settings file:\n\n%s\nIn Go:\n\n%s\n", text, propose.Literal(p.Profile))
}
