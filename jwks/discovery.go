package jwks

import (
	"context"

	"github.com/postern-go/postern/internal/metadata"
	"github.com/postern-go/postern/internal/pacing"
	"github.com/postern-go/postern/internal/printable"
)

// discovery finds and remembers where an issuer's keys are. It is used by one
// fetch at a time.
type discovery struct {
	issuer  metadata.Issuer
	trace   *hooks
	keys    metadata.Endpoint // zero: not found yet
	suspect bool              // keys could not be fetched from there
}

// locate returns the place of the keys. It makes a request only if the place is
// unknown or no longer trusted. If the metadata cannot be fetched, its last
// answer still holds; if the metadata is wrong, it does not. If the old place
// stops answering, the metadata is fetched at once.
func (d *discovery) locate(ctx context.Context) (string, error) {
	if d.keys.URL != "" && !d.suspect && pacing.IsWithin(d.keys.Asked, d.issuer.Client.Now(), d.keys.Lifetime) {
		return d.keys.URL, nil
	}
	err := d.ask(ctx)
	if err != nil && (d.keys.URL == "" || metadata.IsWrong(err)) {
		return "", err
	}
	return d.keys.URL, nil
}

func (d *discovery) ask(ctx context.Context) error {
	keys, err := d.issuer.Find(ctx, metadata.Wanted{Member: metadata.JWKSURI, Setting: "RemoteConfig.URLs", Missing: ErrNoKeys})
	if err != nil {
		return err
	}
	d.keys, d.suspect = keys, false
	d.trace.discovered(Discovered{Issuer: printable.Line(d.issuer.ID), DiscoverAt: d.issuer.DiscoverAt, URL: keys.URL, CrossHost: keys.CrossHost})
	return nil
}
