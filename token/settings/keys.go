package settings

import (
	"cmp"
	"crypto/x509"
	"reflect"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// Keys says where the keys of an issuer are.
type Keys struct {
	// Remote are the settings for keys that are fetched. Its Issuer is "", which
	// means Config.Issuer. TokenFile is relative to the directory of the file.
	Remote jwks.RemoteConfig
	// RootCAsFile names a file with the certificate authorities to trust, in PEM,
	// for Remote.RootCAs.
	RootCAsFile string
	// File names a file with a JWK Set, which is read once in place of all
	// fetching.
	File string
}

// set gives c its source of keys. The template is "" for a single issuer; the
// keys of each of several are discovered with the settings it returns, if any.
func (k Keys) set(c *token.Config, template string, from files) (discovery *jwks.RemoteConfig, err error) {
	switch {
	case isZero(k):
		return nil, nil
	case c.Keys != nil:
		return nil, evidence.Errorf(token.ErrConfig, "Config.Keys and Keys are set, want one of them")
	case k.File != "" && !isZero(Keys{Remote: k.Remote, RootCAsFile: k.RootCAsFile}):
		return nil, evidence.Errorf(token.ErrConfig, "file replaces all fetching, want no other field beside it")
	case k.File != "":
		if c.Keys, err = from.keys(k.File); err != nil {
			err = &located{"keys.file", err}
		}
		return nil, err
	}
	remote, err := k.remote(from)
	if err != nil {
		return nil, err
	}
	if template != "" && len(remote.URLs) == 0 {
		return &remote, nil
	}
	remote.Issuer = cmp.Or(remote.Issuer, c.Issuer, template)
	c.Keys, err = jwks.NewRemote(remote)
	return nil, err
}

func (k Keys) remote(from files) (r jwks.RemoteConfig, err error) {
	r = k.Remote
	if r.TokenFile != "" {
		r.TokenFile = from.path(r.TokenFile)
	}
	if k.RootCAsFile == "" {
		return r, nil
	}
	if r.RootCAs != nil {
		return r, evidence.Errorf(token.ErrConfig, "Remote.RootCAs and RootCAsFile are set, want one of them")
	}
	r.RootCAs, err = k.rootCAs(from)
	return r, err
}

func (k Keys) rootCAs(from files) (*x509.CertPool, error) {
	pool, err := from.rootCAs(k.RootCAsFile)
	if err != nil {
		return nil, &located{"keys.root_cas_file", err}
	}
	return pool, nil
}

func isZero(v any) bool { return reflect.ValueOf(v).IsZero() }
