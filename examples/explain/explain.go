package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/token"
)

// patience is how long the issuer may take to answer, discovery included.
const patience = 15 * time.Second

type explanation struct {
	config   token.Config
	verifier *token.Verifier
	keys     keys
}

func newExplanation(cfg token.Config) (*explanation, error) {
	k, err := keysOf(&cfg)
	if err != nil {
		return nil, err
	}
	cfg.CacheSize = -1
	verifier, err := token.NewVerifier(cfg)
	if err != nil {
		return nil, err
	}
	return &explanation{cfg, verifier, k}, nil
}

// explain prints the findings and what the token says, and returns the exit
// code.
func (e *explanation) explain(ctx context.Context, raw string, out io.Writer) int {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	findings := e.verifier.Explain(ctx, presented(e.config, raw))
	first := firstFault(findings)
	fmt.Fprintln(out, "Checks, in the order in which a service makes them:")
	for _, f := range findings {
		fmt.Fprintln(out, "  "+line(f))
	}
	if last := findings[len(findings)-1]; last.Check != lastCheck {
		fmt.Fprintf(out, "  ----  nothing more can be checked, since %q failed\n", last.Check)
	}
	e.keys.print(out)
	printContents(out, raw, findings)
	printBinding(out, e.config, raw)
	if first == nil {
		e.printRights(ctx, out, raw)
	}
	return printVerdict(out, first)
}

// printRights prints what rules such as scope.User and scope.All find in a good
// token beyond its claims.
func (e *explanation) printRights(ctx context.Context, out io.Writer, raw string) {
	t, err := e.verifier.Authenticate(ctx, presented(e.config, raw))
	if err != nil {
		fmt.Fprintln(out, "\nSubject: not known any more: "+printable(err.Error()))
		return
	}
	fmt.Fprintf(out, "\nSubject: %s\n", t.SubjectKind())
	for _, kind := range []token.SubjectKind{token.SubjectUser, token.SubjectClient} {
		if t.SubjectKind() == token.SubjectUnknown && !token.CanTell(e.verifier, kind) {
			fmt.Fprintf(out, "  No token can prove a %s with these settings; see the flag -%s.\n", kind, kind)
		}
	}
	printLogin(out, t)
	printImplied(out, t, token.Postures(e.verifier)[0].ScopeImplies)
}

// printImplied prints the scopes that count though they were not granted.
func printImplied(out io.Writer, t *token.Token, implies map[string][]string) {
	if len(implies) == 0 {
		return
	}
	granted, implied := t.Scopes(), []string{}
	for _, smaller := range implies {
		for _, s := range smaller {
			if t.HasScope(s) && !slices.Contains(granted, s) && !slices.Contains(implied, s) {
				implied = append(implied, s)
			}
		}
	}
	slices.Sort(implied)
	fmt.Fprintf(out, "\nScopes: %s\n  By these settings they imply: %s\n", inWords(granted), inWords(implied))
}

func inWords(scopes []string) string {
	return printable(cmp.Or(strings.Join(scopes, " "), "none"))
}

// printLogin prints what scope.ACR and scope.MaxAge go by, of a token with such claims.
func printLogin(out io.Writer, t *token.Token) {
	claims, _ := token.ClaimsOf[map[string]any](t)
	if claims["acr"] == nil && claims["auth_time"] == nil {
		return
	}
	acr, at := "not known", "not known"
	if t.ACR() != "" {
		acr = strconv.QuoteToASCII(t.ACR())
	}
	if age, known := t.AuthenticationAge(); known && age < 0 {
		at = (-age).Round(time.Second).String() + " in the future"
	} else if known {
		at = age.Round(time.Second).String() + " ago"
	}
	fmt.Fprintf(out, "Login: acr %s, auth_time %s\n", acr, at)
	if t.SubjectKind() == token.SubjectClient {
		fmt.Fprintln(out, "  Step-up rules deny a client that acts for itself.")
	}
}

// lastCheck is the name of the check that comes last when all can be made.
const lastCheck = "binding"

func firstFault(findings []token.Finding) error {
	for _, f := range findings {
		if f.Err != nil {
			return f.Err
		}
	}
	return nil
}

func line(f token.Finding) string {
	switch {
	case f.Skipped:
		return "----  " + f.Check + ": not checked"
	case f.Err == nil:
		return "ok    " + f.Check
	case errors.Is(f.Err, token.ErrUnavailable):
		return "??    " + f.Check + ": " + printable(f.Err.Error())
	default:
		return "FAIL  " + f.Check + " (" + token.Reason(f.Err) + "): " + printable(f.Err.Error())
	}
}

// printVerdict says what a service would have answered, which the first fault
// decides.
func printVerdict(out io.Writer, first error) int {
	switch {
	case first == nil:
		fmt.Fprintln(out, "\nVerdict: good. Whether it is enough for a call is for the service's policy to say.")
		return exitGood
	case errors.Is(first, token.ErrUnavailable):
		fmt.Fprintf(out, "\nVerdict: none. The token could not be judged; a service answers 503, and its client keeps the token.\nCure: %s\n", cures[token.Reason(first)])
		return exitUnjudged
	default:
		reason := token.Reason(first)
		fmt.Fprintf(out, "\nVerdict: refused, reason %q.\nCure: %s\n", reason, cures[reason])
		return exitRefused
	}
}
