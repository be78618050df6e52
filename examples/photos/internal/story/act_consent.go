package story

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/postern-go/postern/examples/photos/internal/browser"
	"github.com/postern-go/postern/examples/photos/internal/printing"
)

func (s *story) ownerLetsStrangerPrint(ctx context.Context) {
	s.act("1. The owner lets a stranger print her photos",
		"Olivia's photos are in the photo service, her albums in the album service. The printing service is a "+
			"stranger's. She signs in where her account is and allows one thing, photos:read.")
	s.play(ctx, step{
		who: olivia, whom: printingService, asked: "print my photos",
		want: "sign-in page, PKCE S256", do: s.wantsPrints,
	})
	s.play(ctx, step{
		who: olivia, whom: authServer, asked: "sign in", with: "a wrong password",
		want: "401 sign-in page", do: s.signsIn("not her password"),
	})
	s.play(ctx, step{
		who: olivia, whom: authServer, asked: "sign in", with: "her password",
		want: "consent page", do: s.signsIn(s.olivia.password),
	})
	s.play(ctx, step{
		who: olivia, whom: authServer, asked: "allow",
		want: "all 4 photos of olivia", deciders: []string{publicAPI, photoService, albumService}, do: s.allows,
	})
	s.play(ctx, step{
		who: "we", whom: "Olivia's browser", asked: "who got it?", with: "her password, looked for in all that her browser sent",
		want: authServer, do: s.whoSawThePassword,
	})
	s.play(ctx, step{
		who: printingService, whom: authServer, asked: "tokens for a code", with: "the code it has used already",
		want: "400 invalid_grant", do: s.usesCodeAgain,
	})
	s.play(ctx, step{
		who: ben, whom: authServer, asked: "deny", with: "his own account, for the same printing service",
		want: "403, no token", do: s.benDenies,
	})
}

func (s *story) wantsPrints(ctx context.Context) answer {
	home, err := s.oliviaBrowser.Open(ctx, s.printingURL)
	if err != nil {
		return noAnswer(err)
	}
	if s.page, err = s.oliviaBrowser.Submit(ctx, home, nil, "Print my photos"); err != nil {
		return noAnswer(err)
	}
	asked := lastAuthorization(s.oliviaBrowser)
	return answer{
		text: s.place(s.page) + ", PKCE " + asked.Get("code_challenge_method"),
		note: fmt.Sprintf("the printing service sent her on to ask for scope %q for %s", asked.Get("scope"), asked.Get("resource")),
	}
}

func (s *story) signsIn(password string) func(context.Context) answer {
	return func(ctx context.Context) answer {
		var err error
		s.page, err = s.oliviaBrowser.Submit(ctx, s.page, map[string]string{"username": "olivia", "password": password}, "Sign in")
		if err != nil {
			return noAnswer(err)
		}
		return answer{text: s.place(s.page)}
	}
}

func (s *story) allows(ctx context.Context) answer {
	var err error
	if s.page, err = s.oliviaBrowser.Submit(ctx, s.page, nil, "Allow"); err != nil {
		return noAnswer(err)
	}
	if tokens := s.printingTokens(); len(tokens) > 0 {
		s.accessToken = tokens[0].AccessToken
		s.idToken, _ = tokens[0].Extra("id_token").(string)
	}
	seen := s.shown(s.page, s.olivia)
	seen.note = "the printing service exchanged the code and its PKCE verifier for a token, and asked the public API"
	return seen
}

// shown says whose photos a page of the printing service shows: every one of
// them in its album, and no others.
func (s *story) shown(p browser.Page, owner person) answer {
	if place := s.place(p); place != "photos" {
		return answer{text: place}
	}
	if !slices.Equal(p.Images, owner.titles()) {
		return answer{text: "other photos", note: strings.Join(p.Images, ", ")}
	}
	for _, a := range owner.albums {
		if !strings.Contains(p.Text, a.title) {
			return answer{text: "no album " + a.title}
		}
	}
	return answer{text: fmt.Sprintf("all %d photos of %s", len(p.Images), owner.name)}
}

func (s *story) whoSawThePassword(context.Context) answer {
	var names []string
	for _, host := range s.oliviaBrowser.HostsThatSaw(s.olivia.password) {
		names = append(names, s.hostName(host))
	}
	return answer{
		text: strings.Join(names, ", "),
		note: fmt.Sprintf("of the %d requests the browser made, to %s", len(s.oliviaBrowser.Sent()),
			strings.Join(s.hosts(s.oliviaBrowser), " and ")),
	}
}

// usesCodeAgain is the exchange that the printing service has made before,
// word for word but for the verifier, which is a secret.
func (s *story) usesCodeAgain(ctx context.Context) answer {
	cfg := oauth2.Config{
		ClientID: "printing", ClientSecret: s.secrets.printing, RedirectURL: printing.CallbackURL(s.printingURL),
		Endpoint: oauth2.Endpoint{TokenURL: s.issuerURL + "/token", AuthStyle: oauth2.AuthStyleInHeader},
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, s.http)
	_, err := cfg.Exchange(ctx, lastCode(s.oliviaBrowser), oauth2.VerifierOption(oauth2.GenerateVerifier()))
	return tokenEndpointAnswer(err)
}

func tokenEndpointAnswer(err error) answer {
	var refused *oauth2.RetrieveError
	switch {
	case err == nil:
		return answer{text: "200"}
	case errors.As(err, &refused):
		return answer{
			text: fmt.Sprintf("%d %s", refused.Response.StatusCode, refused.ErrorCode),
			note: authServer + " refused: " + refused.ErrorDescription,
		}
	default:
		return noAnswer(err)
	}
}

func (s *story) benDenies(ctx context.Context) answer {
	before := len(s.printingTokens())
	page, err := s.toConsent(ctx, s.benBrowser, s.ben)
	if err == nil {
		page, err = s.benBrowser.Submit(ctx, page, nil, "Deny")
	}
	if err != nil {
		return noAnswer(err)
	}
	text := fmt.Sprintf("%d, no token", page.Status)
	if len(s.printingTokens()) != before {
		text = fmt.Sprintf("%d, and a token", page.Status)
	}
	return answer{text: text, note: "the printing service's page says: " + mainText(page.Text)}
}

// mainText leaves out what stands around a page of the printing service.
func mainText(text string) string {
	text, _, _ = strings.Cut(text, " Try again")
	return strings.TrimPrefix(text, "Prints by Post ")
}
