// Package browser is a person's web browser as far as the photo story needs
// one: it keeps cookies, follows redirects, reads pages and sends their forms.
// It remembers what it sent to whom, which is how the story can tell that a
// password went to one place only.
package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// Bounds of what a Browser puts up with.
const (
	maxPage      = 4 << 20
	maxRedirects = 10
	timeout      = 30 * time.Second
)

var (
	errRedirects = errors.New("browser: too many redirects")
	errNoForm    = errors.New("browser: the page has no such form")
)

// Browser is one person's browser. It must not be used by several goroutines
// at once.
type Browser struct {
	client *http.Client
	sent   []Sent
}

// Sent is a request that the browser has made, and what came of it.
type Sent struct {
	Method string
	URL    *url.URL
	Body   string
	Status int
}

// New returns a browser without cookies.
func New() (*Browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &Browser{client: &http.Client{
		Jar: jar, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Open goes to a URL and follows where it leads.
func (b *Browser) Open(ctx context.Context, to string) (Page, error) {
	u, err := url.Parse(to)
	if err != nil {
		return Page{}, err
	}
	return b.follow(ctx, navigation{method: http.MethodGet, to: u})
}

// Submit sends the only form of a page, with values put into its fields, by
// the button of that label, and follows where it leads.
func (b *Browser) Submit(ctx context.Context, p Page, values map[string]string, button string) (Page, error) {
	form, err := p.form()
	if err != nil {
		return Page{}, err
	}
	fields, err := form.fill(values, button)
	if err != nil {
		return Page{}, err
	}
	to, err := p.URL.Parse(form.action)
	if err != nil {
		return Page{}, err
	}
	if form.method == http.MethodGet {
		to.RawQuery = fields.Encode()
		return b.follow(ctx, navigation{method: form.method, to: to})
	}
	return b.follow(ctx, navigation{form.method, to, fields.Encode(), p.URL.Scheme + "://" + p.URL.Host})
}

// Sent returns every request the browser has made, in order.
func (b *Browser) Sent() []Sent { return b.sent }

// HostsThatSaw lists the hosts that were sent secret in any part of a request,
// once each.
func (b *Browser) HostsThatSaw(secret string) []string {
	var hosts []string
	seen := make(map[string]bool)
	for _, s := range b.sent {
		if !seen[s.URL.Host] && s.contains(secret) {
			seen[s.URL.Host] = true
			hosts = append(hosts, s.URL.Host)
		}
	}
	return hosts
}

func (s Sent) contains(secret string) bool {
	for _, text := range []string{s.URL.String(), s.Body} {
		if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) {
			return true
		}
	}
	return false
}

// navigation is one request of the browser. origin is that of the page whose
// form is posted, or "".
type navigation struct {
	method       string
	to           *url.URL
	body, origin string
}

func (b *Browser) follow(ctx context.Context, n navigation) (Page, error) {
	for range maxRedirects {
		resp, err := b.send(ctx, n)
		if err != nil {
			return Page{}, err
		}
		next, err := redirectTarget(resp)
		if err != nil || next == nil {
			return readPage(resp, err)
		}
		_ = resp.Body.Close()
		n = navigation{method: http.MethodGet, to: next}
	}
	return Page{}, errRedirects
}

func (b *Browser) send(ctx context.Context, n navigation) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, n.method, n.to.String(), strings.NewReader(n.body))
	if err != nil {
		return nil, err
	}
	if n.body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if n.origin != "" { // as browsers do with every form that is posted
		req.Header.Set("Origin", n.origin)
	}
	sent := Sent{Method: n.method, URL: n.to, Body: n.body}
	resp, err := b.client.Do(req)
	if err == nil {
		sent.Status = resp.StatusCode
	}
	b.sent = append(b.sent, sent)
	return resp, err
}

// redirectTarget is where an answer leads on to, or nil. Only 303 is followed,
// which is what a form should be answered with: 307 would post it again.
func redirectTarget(resp *http.Response) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusSeeOther, http.StatusFound:
		return resp.Location()
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return nil, fmt.Errorf("browser: %s would repeat the request elsewhere", resp.Status)
	default:
		return nil, nil
	}
}

func readPage(resp *http.Response, err error) (Page, error) {
	defer resp.Body.Close()
	if err != nil {
		return Page{}, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return Page{}, err
	}
	return parse(resp.Request.URL, resp.StatusCode, string(body))
}
