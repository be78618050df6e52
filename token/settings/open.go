package settings

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
)

// maxNamed is how many bytes a file may have that the settings name.
const maxNamed = 1 << 20

// Configs returns the Config of every entry, with its source of keys, in the
// order of the file. That of a template has no Issuer, and no Keys where those of
// each issuer are discovered; see token.Template. It reads the files that the
// settings name, and makes no request. An error matches token.ErrConfig.
func (f *File) Configs() ([]token.Config, error) {
	all, err := f.built()
	configs := make([]token.Config, len(all))
	for i, c := range all {
		configs[i] = c.Config
	}
	if err != nil {
		return nil, err
	}
	return configs, nil
}

// built is what every entry comes to, in the order of the file.
func (f *File) built() ([]built, error) {
	if err := f.check(); err != nil {
		return nil, f.placed(err)
	}
	all := make([]built, len(f.Issuers))
	for i := range f.Issuers {
		c, err := f.Issuers[i].config(directory(f.dir))
		if err != nil {
			return nil, f.placed(&located{fmt.Sprintf("issuers[%d]", i), err})
		}
		all[i] = c
	}
	return all, nil
}

// ConfigFor returns the Config by which the tokens of one issuer are judged. For
// one of a template, its rules include the claim that must equal the value of
// the variable. An error matches token.ErrIssuer if the settings have no such
// issuer, and token.ErrConfig otherwise. It is for tools; a service uses
// Authenticator.
func (f *File) ConfigFor(issuer string) (token.Config, error) {
	if err := f.check(); err != nil {
		return token.Config{}, f.placed(err)
	}
	for n := range f.Issuers {
		i := &f.Issuers[n]
		if one := i.Template == "" && i.Config.Issuer == issuer; !one && !i.admits(issuer) {
			continue
		}
		c, err := i.config(directory(f.dir))
		if err != nil {
			return token.Config{}, f.placed(&located{fmt.Sprintf("issuers[%d]", n), err})
		}
		one, err := i.one(c, issuer)
		if err != nil {
			return token.Config{}, f.placed(&located{fmt.Sprintf("issuers[%d]", n), err})
		}
		return one, nil
	}
	return token.Config{}, evidence.OneLine(fmt.Errorf("settings: %w: %s is not in the settings", token.ErrIssuer, printable.Value(issuer)))
}

// placed is an error with its place, if the settings come from a file.
func (f *File) placed(err error) error {
	path := ""
	for l := (*located)(nil); errors.As(err, &l); err = l.err {
		path = join(path, l.path)
	}
	line := 0
	if f != nil {
		line = lineOfPart(f.lines, path)
	}
	return faultAt(line, path, err)
}

// directory is where the files are that the settings name.
type directory string

func (d directory) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(string(d), name)
}

func (d directory) keys(name string) (jwks.Source, error) {
	text, err := readFile(d.path(name), maxNamed)
	if err != nil {
		return nil, err
	}
	set, err := jwks.ParseSet(text)
	if err != nil {
		return nil, fmt.Errorf("%w: file %q: %w", token.ErrConfig, name, err)
	}
	if len(set.Keys) > 0 {
		return jwks.Static(set.Keys), nil
	}
	why := error(jwks.ErrNoKeys)
	if len(set.Skipped) > 0 {
		s := set.Skipped[0]
		why = fmt.Errorf("%d keys are skipped, the first, with kid %q, since: %w %s", len(set.Skipped), s.ID, s.Reason, s.Detail)
	}
	return nil, fmt.Errorf("%w: file %q has no usable key: %w", token.ErrConfig, name, why)
}

func (d directory) rootCAs(name string) (*x509.CertPool, error) {
	text, err := readFile(d.path(name), maxNamed)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%w: file %q has no certificate in PEM", token.ErrConfig, name)
	}
	return pool, nil
}

// readFile reads a file that must be a regular one, since others may never end.
func readFile(name string, most int) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", token.ErrConfig, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %q is not a regular file", token.ErrConfig, name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", token.ErrConfig, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", token.ErrConfig, err)
	case len(text) > most:
		return nil, fmt.Errorf("%w: %q has more than %d bytes", token.ErrConfig, name, most)
	}
	return text, nil
}
