package settings

import (
	"context"
	"fmt"
	"reflect"
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
		if err := f.Issuers[i].check(); err != nil {
			return &located{path, err}
		}
		id := f.Issuers[i].Config.Issuer
		if other, ok := first[id]; ok {
			return at(path+".issuer", "is that of issuers[%d] too", other)
		}
		first[id] = i
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
	rootCAs(name string, into *jwks.RemoteConfig) error
}

// standIn reads no file.
type standIn struct{}

func (standIn) keys(string) (jwks.Source, error)         { return unread{}, nil }
func (standIn) rootCAs(string, *jwks.RemoteConfig) error { return nil }

// unread is the source of keys that are in a file.
type unread struct{}

func (unread) Keys(context.Context, string) ([]jwks.Key, error) { return nil, jwks.ErrUnavailable }

// config returns the Config with its source of keys, if it is valid.
func (i *Issuer) config(from files) (token.Config, error) {
	c := i.Config
	if !reflect.ValueOf(i.Keys).IsZero() {
		if c.Keys != nil {
			return c, evidence.Errorf(token.ErrConfig, "Config.Keys and Keys are set, want one of them")
		}
		source, err := i.Keys.source(c.Issuer, from)
		if err != nil {
			return c, bare(err)
		}
		c.Keys = source
	}
	return c, bare(c.Validate())
}

// bare is an error without the names of the packages that it came through.
func bare(err error) error {
	if err == nil {
		return nil
	}
	text := strings.TrimPrefix(err.Error(), "token: ")
	return evidence.Errorf(err, "%s", strings.TrimPrefix(text, "jwks: "))
}

func (k Keys) source(issuer string, from files) (jwks.Source, error) {
	if k.File != "" {
		if !reflect.ValueOf(Keys{Remote: k.Remote, RootCAsFile: k.RootCAsFile}).IsZero() {
			return nil, evidence.Errorf(token.ErrConfig, "file replaces all fetching, want no other field beside it")
		}
		source, err := from.keys(k.File)
		if err != nil {
			return nil, &located{"keys.file", err}
		}
		return source, nil
	}
	remote := k.Remote
	if remote.Issuer == "" {
		remote.Issuer = issuer
	}
	if k.RootCAsFile != "" {
		if remote.RootCAs != nil {
			return nil, evidence.Errorf(token.ErrConfig, "Remote.RootCAs and RootCAsFile are set, want one of them")
		}
		if err := from.rootCAs(k.RootCAsFile, &remote); err != nil {
			return nil, &located{"keys.root_cas_file", err}
		}
	}
	return jwks.NewRemote(remote)
}
