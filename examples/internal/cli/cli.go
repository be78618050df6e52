// Package cli reads the settings of issuers from a command line: from flags, or
// from the file that one of them names.
package cli

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// Usage says how the flags belong together.
const Usage = `An issuer and what belongs to it stand together. Each -issuer begins a new one,
and the flags marked with * speak of the issuer they stand next to:

  -issuer https://a.example -audience https://photos.example \
  -issuer https://b.example -audience photos -type JWT -scope scp:list

Or all of it is in a file, which says more than flags can: see docs/settings.md.
`

// ErrUsage is the error of Issuers.File for flags that make no settings.
var ErrUsage = errors.New("invalid flags")

// Issuers gathers issuers as their flags come along. The zero value is ready for
// Register.
type Issuers struct {
	// DefaultAudience is that of issuers with no -audience next to them. "" means
	// that each needs one.
	DefaultAudience string

	entries []entry
	path    string // of the settings file
}

// entry is one issuer and what its flags say.
type entry struct {
	settings.Issuer
	legacy    bool
	aboutType bool // -allow-missing-type was given
}

// Dir is the directory of the files that the settings name.
func (i *Issuers) Dir() string {
	if i.path == "" {
		return ""
	}
	return filepath.Dir(i.path)
}

// File returns what the flags or the settings file say, once all flags are read.
// Settings that come from flags may still be refused where they are used.
func (i *Issuers) File() (*settings.File, error) {
	switch {
	case i.path != "" && len(i.entries) > 0:
		return nil, fmt.Errorf("%w: -settings has all issuers, so that no flag may speak of one", ErrUsage)
	case i.path != "":
		return settings.Read(i.path)
	case len(i.entries) == 0:
		return nil, fmt.Errorf("%w: -issuer and -audience are required, or -settings", ErrUsage)
	}
	f := &settings.File{}
	seen := make(map[string]bool)
	for _, e := range i.entries {
		id := e.Config.Issuer
		if len(e.Config.Audience) == 0 && i.DefaultAudience != "" {
			e.Config.Audience = []string{i.DefaultAudience}
		}
		switch {
		case id == "":
			return nil, fmt.Errorf("%w: -issuer is required", ErrUsage)
		case len(e.Config.Audience) == 0:
			return nil, fmt.Errorf("%w: -issuer %s has no -audience next to it", ErrUsage, id)
		case len(e.Keys.Remote.URLs) > 0 && e.Keys.File != "":
			return nil, fmt.Errorf("%w: -issuer %s has -jwks and -jwks-file, want one of them", ErrUsage, id)
		case seen[id]:
			return nil, fmt.Errorf("%w: -issuer %s is given twice", ErrUsage, id)
		}
		seen[id] = true
		f.Issuers = append(f.Issuers, e.complete())
	}
	return f, nil
}

// complete is the issuer with what -legacy means for it. Flags that say more win,
// wherever they stand.
func (e entry) complete() settings.Issuer {
	p := &e.Config.Profile
	if !e.legacy {
		return e.Issuer
	}
	base := token.LegacyProfile()
	if p.Types == nil {
		p.Types = base.Types
	}
	if p.Required == nil {
		p.Required = base.Required
	}
	if !e.aboutType {
		p.AllowMissingType = base.AllowMissingType
	}
	return e.Issuer
}

// current is the issuer that a flag speaks of: the last one begun, or the first
// one if its -issuer is still to come.
func (i *Issuers) current() *entry {
	if len(i.entries) == 0 {
		i.entries = append(i.entries, entry{})
	}
	return &i.entries[len(i.entries)-1]
}

func (i *Issuers) config() *token.Config { return &i.current().Config }

func (i *Issuers) profile() *token.Profile { return &i.current().Config.Profile }

func (i *Issuers) begin(url string) error {
	if url == "" {
		return errEmpty
	}
	if i.config().Issuer != "" {
		i.entries = append(i.entries, entry{})
	}
	i.config().Issuer = url
	return nil
}

// Register adds the flags to set.
func (i *Issuers) Register(set *flag.FlagSet) {
	set.StringVar(&i.path, "settings", "", "`file` with the settings of all issuers, in place of the flags marked with *")
	set.Func("issuer", "* `URL` of the authorization server, exactly as in the iss claim", i.begin)
	i.registerTokens(set)
	i.registerClaims(set)
	i.registerRights(set)
}
