package settings

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// located is an error about a part of the settings.
type located struct {
	path string
	err  error
}

func (l *located) Error() string { return l.err.Error() }
func (l *located) Unwrap() error { return l.err }

func at(path, format string, args ...any) error {
	return &located{path, evidence.Errorf(token.ErrConfig, format, args...)}
}

// check checks all that can be checked without reading another file.
func (f *File) check() error {
	if f == nil || len(f.Issuers) == 0 {
		return at("issuers", "no issuer, so no token could pass")
	}
	first := map[string]int{}
	for i := range f.Issuers {
		path := fmt.Sprintf("issuers[%d]", i)
		id, fault := f.Issuers[i].name()
		if fault != "" {
			return at(path+".issuer", "%s", fault)
		}
		if err := f.Issuers[i].check(); err != nil {
			return &located{path, err}
		}
		if other, ok := first[id]; ok {
			return at(path+"."+f.Issuers[i].named(), "is that of issuers[%d] too", other)
		}
		first[id] = i
	}
	return f.checkTemplates()
}

// checkTemplates finds an issuer with two settings: its own and those of a
// template.
func (f *File) checkTemplates() error {
	for t := range f.Issuers {
		for i := range f.Issuers {
			if f.Issuers[t].admits(f.Issuers[i].Config.Issuer) {
				return at(fmt.Sprintf("issuers[%d].issuer", i), "is one of the issuers of the template issuers[%d]", t)
			}
		}
	}
	return nil
}

// check checks the settings of one issuer, with a stand-in for what its files
// hold.
func (i *Issuer) check() error {
	_, err := i.config(standIn{})
	return err
}

// files gets what the files that the settings name hold.
type files interface {
	keys(name string) (jwks.Source, error)
	rootCAs(name string) (*x509.CertPool, error)
	path(name string) string
}

// standIn reads no file.
type standIn struct{}

func (standIn) keys(string) (jwks.Source, error)       { return unread{}, nil }
func (standIn) rootCAs(string) (*x509.CertPool, error) { return nil, nil }
func (standIn) path(name string) string                { return name }

// unread is the source of keys that are in a file.
type unread struct{}

func (unread) Keys(context.Context, string) ([]jwks.Key, error) { return nil, jwks.ErrUnavailable }

// built is the settings of one issuer or template with what its files hold.
type built struct {
	token.Config
	discovery *jwks.RemoteConfig // of each issuer of a template; nil if Config says all
}

// config returns the Config with its source of keys, if it is valid. That of a
// template has no Issuer.
func (i *Issuer) config(from files) (built, error) {
	c := built{Config: i.Config}
	var err error
	if c.discovery, err = i.Keys.set(&c.Config, i.Template, from); err != nil {
		return c, bare(err)
	}
	if i.Template == "" {
		return c, bare(c.Validate())
	}
	return c, bare(token.ResolverConfig{Templates: []token.Template{i.template(c)}}.Validate())
}

// bare is an error without the names of the packages that it came through.
func bare(err error) error {
	if err == nil {
		return nil
	}
	text := strings.TrimPrefix(err.Error(), "token: ")
	text = strings.Replace(text, "Templates[0]: ", "", 1)
	text = strings.TrimPrefix(text, "scope: ")
	return evidence.Errorf(err, "%s", strings.TrimPrefix(text, "jwks: "))
}
