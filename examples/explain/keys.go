package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/postern-go/postern/jwks"
	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// maxSet is the longest key set that ParseSet reads, and a byte.
const maxSet = 512<<10 + 1

// keys says which keys of an issuer are not used.
type keys struct {
	// skipped are the keys that are not used, as far as known by now.
	skipped func() []jwks.Skipped
}

// loadFiles reads the key sets that are in files in a way that a service does not:
// a set without a usable key is shown, and not refused.
func (o *options) loadFiles() error {
	for i := range o.settings.Issuers {
		issuer := &o.settings.Issuers[i]
		if issuer.Keys.File == "" {
			continue
		}
		name := issuer.Keys.File
		if !filepath.IsAbs(name) {
			name = filepath.Join(o.dir, name)
		}
		source, err := keysOfFile(name)
		if err != nil {
			return err
		}
		issuer.Config.Keys, issuer.Keys = source, settings.Keys{}
	}
	return nil
}

func keysOfFile(name string) (jwks.Source, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSet))
	if err != nil {
		return nil, err
	}
	set, err := jwks.ParseSet(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return fromFile{set.Keys, set.Skipped}, nil
}

// keysOf gives a Config a source that can tell which keys it skips.
func keysOf(cfg *token.Config) (keys, error) {
	if cfg.Keys == nil {
		remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: cfg.Issuer, RootCAs: cfg.RootCAs})
		if err != nil {
			return keys{}, err
		}
		cfg.Keys, cfg.RootCAs = remote, nil
	}
	switch source := cfg.Keys.(type) {
	case *jwks.Remote:
		return keys{func() []jwks.Skipped { return source.Status().Skipped }}, nil
	case fromFile:
		return keys{func() []jwks.Skipped { return source.skipped }}, nil
	}
	return keys{func() []jwks.Skipped { return nil }}, nil
}

// fromFile is a jwks.Static that may be empty. A service must not start with no
// key; this tool shows why it has none.
type fromFile struct {
	jwks.Static
	skipped []jwks.Skipped
}

// print lists the keys that are not used: one of them may have signed the
// token.
func (k keys) print(out io.Writer) {
	list := k.skipped()
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(out, "\nKeys of the issuer that are not used:")
	for i, s := range list {
		if i == 20 {
			fmt.Fprintf(out, "  and %d more\n", len(list)-i)
			return
		}
		fmt.Fprintf(out, "  \"%s\": %v", s.ID, s.Reason)
		if s.Detail != "" {
			fmt.Fprintf(out, ": %s", s.Detail)
		}
		fmt.Fprintln(out)
	}
}
