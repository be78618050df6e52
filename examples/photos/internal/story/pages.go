package story

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/postern-go/postern/examples/photos/internal/browser"
)

// toConsent brings a browser from the printing service's home page as far as
// the consent page, signing in on the way if it has to.
func (s *story) toConsent(ctx context.Context, b *browser.Browser, p person) (browser.Page, error) {
	page, err := b.Open(ctx, s.printingURL)
	if err != nil {
		return page, err
	}
	if page, err = b.Submit(ctx, page, nil, "Print my photos"); err != nil {
		return page, err
	}
	if s.place(page) == "consent page" {
		return page, nil
	}
	return b.Submit(ctx, page, map[string]string{"username": p.name, "password": p.password}, "Sign in")
}

// place says in words which page the browser shows, judged by its address.
func (s *story) place(p browser.Page) string {
	name, ok := map[string]string{
		s.issuerURL + "/signin":     "sign-in page",
		s.issuerURL + "/consent":    "consent page",
		s.printingURL + "/prints":   "photos",
		s.printingURL + "/callback": "answer",
	}[p.URL.Scheme+"://"+p.URL.Host+p.URL.Path]
	if !ok {
		name = p.URL.Path
	}
	if p.Status != http.StatusOK {
		name = fmt.Sprintf("%d %s", p.Status, name)
	}
	return name
}

// hostName is the service at a host of the town.
func (s *story) hostName(host string) string {
	for name, raw := range map[string]string{
		authServer: s.issuerURL, printingService: s.printingURL, publicAPI: s.apiURL, photoService: s.photosURL,
	} {
		if raw == "http://"+host {
			return name
		}
	}
	return host
}

// hosts are the services a browser has been to.
func (s *story) hosts(b *browser.Browser) []string {
	var names []string
	for _, sent := range b.Sent() {
		if name := s.hostName(sent.URL.Host); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// lastAuthorization is the query of the last authorization request that went
// through a browser, and lastCode the last code.
func lastAuthorization(b *browser.Browser) url.Values {
	return lastQuery(b, "code_challenge")
}

func lastCode(b *browser.Browser) string { return lastQuery(b, "code").Get("code") }

func lastQuery(b *browser.Browser, with string) url.Values {
	sent := b.Sent()
	for i := len(sent) - 1; i >= 0; i-- {
		if query := sent[i].URL.Query(); query.Has(with) {
			return query
		}
	}
	return nil
}
