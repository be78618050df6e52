package main

import (
	"fmt"
	"io"
	"os"

	"github.com/postern-go/postern/jwks"
)

// maxSet is the longest key set that ParseSet reads, and a byte.
const maxSet = 512<<10 + 1

// keys are where the issuer's keys come from, and what is to be said of them.
type keys struct {
	source jwks.Source
	// skipped are the keys that are not used, as far as known by now.
	skipped func() []jwks.Skipped
}

func (o *options) keys() (keys, error) {
	if o.jwksFile != "" {
		return keysOfFile(o.jwksFile)
	}
	cfg := jwks.RemoteConfig{Issuer: o.issuer}
	if o.jwksURL != "" {
		cfg.URLs = []string{o.jwksURL}
	}
	remote, err := jwks.NewRemote(cfg)
	if err != nil {
		return keys{}, err
	}
	return keys{remote, func() []jwks.Skipped { return remote.Status().Skipped }}, nil
}

func keysOfFile(name string) (keys, error) {
	file, err := os.Open(name)
	if err != nil {
		return keys{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSet))
	if err != nil {
		return keys{}, err
	}
	set, err := jwks.ParseSet(data)
	if err != nil {
		return keys{}, fmt.Errorf("%s: %w", name, err)
	}
	return keys{fromFile{set.Keys}, func() []jwks.Skipped { return set.Skipped }}, nil
}

// fromFile is a jwks.Static that may be empty. A service must not start with no
// key; this tool shows why it has none.
type fromFile struct{ jwks.Static }

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
