package bench

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// Remote is a key engine that has fetched the issuer's keys, from memory, and
// has spent what it may on kids that nobody publishes.
func (i *Issuer) Remote() (*jwks.Remote, error) { return RemoteOf(i.JWKS()) }

// RemoteOf is a key engine that has fetched the set.
func RemoteOf(set []byte) (*jwks.Remote, error) {
	remote, err := jwks.NewRemote(jwks.RemoteConfig{
		URLs:       []string{IssuerURL + "/jwks"},
		HTTPClient: &http.Client{Transport: served(set)},
	})
	if err != nil {
		return nil, err
	}
	if err := remote.Ready(context.Background()); err != nil {
		return nil, err
	}
	_, _ = remote.Keys(context.Background(), "nobody's")
	return remote, nil
}

// served is a RoundTripper that answers every request with a document.
type served []byte

func (s served) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/jwk-set+json"}, "Cache-Control": {"max-age=86400"}},
		Body:       io.NopCloser(bytes.NewReader(s)),
		Request:    r,
	}, nil
}

// Verifier is postern's as a service would have it: with fetched keys, and
// remembering signatures or not.
func (i *Issuer) Verifier(remembers bool, edits ...func(*token.Config)) (*token.Verifier, error) {
	keys, err := i.Remote()
	if err != nil {
		return nil, err
	}
	cfg := token.Config{Issuer: IssuerURL, Audience: []string{Audience}, Keys: keys, CacheSize: cold}
	cfg.Profile.Users = []token.Mark{{Claim: "sub", ClientID: true, Not: true}}
	if remembers {
		cfg.CacheSize = warm
	}
	for _, edit := range edits {
		edit(&cfg)
	}
	return token.NewVerifier(cfg)
}
