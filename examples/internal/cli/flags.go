package cli

import (
	"errors"
	"flag"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/examples/internal/marks"
	"github.com/postern-go/postern/token"
)

var (
	errEmpty   = errors.New("empty")
	errImplied = errors.New("want LARGER=SMALLER, or LARGER=SMALLER,SMALLER")
)

// registerTokens adds the flags about keys, signatures and headers.
func (i *Issuers) registerTokens(set *flag.FlagSet) {
	set.Func("audience", "* `URI` that stands for the service in the aud claim; may be repeated", func(v string) error {
		return appendTo(&i.config().Audience, v)
	})
	set.Func("jwks", "* `URL` of the issuer's JWK Set, instead of discovery", func(v string) error {
		i.current().Keys.Remote.URLs = []string{v}
		return nil
	})
	set.Func("jwks-file", "* `file` with the issuer's JWK Set, instead of discovery", func(v string) error {
		return store(&i.current().Keys.File, v)
	})
	set.Func("algorithms", "* accepted signature algorithms, such as `RS256,ES256` (default as in token.Config)", func(v string) error {
		i.config().Algorithms = commaSeparated(v)
		return nil
	})
	set.Func("leeway", "* how far clocks may differ, as a `duration`; negative for not at all (default 30s)", func(v string) (err error) {
		i.config().Leeway, err = time.ParseDuration(v)
		return err
	})
	set.BoolFunc("legacy", "* the issuer predates RFC 9068: typ may be JWT or missing, and few claims are required", i.boolean(func(e *entry) *bool { return &e.legacy }))
	set.Func("type", "* accepted `typ` of access tokens; may be repeated (default at+jwt, RFC 9068)", func(v string) error {
		return appendTo(&i.profile().Types, v)
	})
	set.BoolFunc("allow-missing-type", "* accept access tokens without typ", i.boolean(func(e *entry) *bool {
		e.aboutType = true
		return &e.Config.Profile.AllowMissingType
	}))
}

// registerClaims adds the flags about what claims must say.
func (i *Issuers) registerClaims(set *flag.FlagSet) {
	set.Func("client-id-claim", "* `claim` with the client id, such as azp (default client_id)", func(v string) error {
		return store(&i.profile().ClientIDClaim, v)
	})
	set.Func("audience-claim", "* `claim` that stands for aud, such as client_id", func(v string) error {
		return store(&i.profile().AudienceClaim, v)
	})
	set.Func("required", "* `claims` a token must have besides iss, aud and exp, separated by commas; empty for none\n"+
		"(default sub, the client id, iat and jti, RFC 9068)", func(v string) error {
		i.profile().Required = commaSeparated(v)
		return nil
	})
	set.Func("rule", "* `mark` that every token must bear: "+marks.Usage+"; may be repeated", i.addTo(func(p *token.Profile) *[]token.Mark { return &p.Rules }))
	set.Func("user", "* `mark` of users, as for -rule; may be repeated", i.addTo(func(p *token.Profile) *[]token.Mark { return &p.Users }))
	set.Func("client", "* `mark` of clients that act for themselves, as for -rule; may be repeated", i.addTo(func(p *token.Profile) *[]token.Mark { return &p.Clients }))
}

func (i *Issuers) addTo(list func(*token.Profile) *[]token.Mark) func(string) error {
	return func(v string) error { return marks.AppendTo(list(i.profile()))(v) }
}

// registerRights adds the flags about where scopes and other rights are.
func (i *Issuers) registerRights(set *flag.FlagSet) {
	set.Func("scope-claim", "* `claim` with the scopes (default scope)", func(v string) error {
		return store(&i.profile().ScopeClaim, v)
	})
	set.BoolFunc("scope-list", "* the scope claim is an array, not a string", i.boolean(func(e *entry) *bool { return &e.Config.Profile.ScopeList }))
	set.Func("scope", "* `source` of scopes, in place of -scope-claim and -scope-list: "+marks.SourceUsage+"; may be repeated (default shape words)", func(v string) error {
		return marks.AppendSource(&i.profile().Scopes, v)
	})
	set.Func("scope-implies", "* `LARGER=SMALLER`, scopes of which one stands for others too, as in photos:write=photos:read,photos:list; may be repeated", func(v string) error {
		return addImplied(&i.config().ScopeImplies, v)
	})
	set.Func("set", "* `NAME=source` of a set of other rights, such as roles=/realm_access/roles; may be repeated (default shape list)", func(v string) error {
		name, source, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return marks.ErrSyntax
		}
		p := i.profile()
		if p.Sets == nil {
			p.Sets = map[string][]token.Source{}
		}
		list := p.Sets[name]
		err := marks.AppendSource(&list, source)
		p.Sets[name] = list
		return err
	})
}

func addImplied(implies *map[string][]string, v string) error {
	larger, smaller, ok := strings.Cut(v, "=")
	if !ok || strings.Contains(smaller, "=") { // a scope may have one in it, which only a file can say
		return errImplied
	}
	if *implies == nil {
		*implies = map[string][]string{}
	}
	(*implies)[larger] = append((*implies)[larger], commaSeparated(smaller)...)
	return nil
}

// boolean reads a flag that may be switched off as well, as by -legacy=false.
func (i *Issuers) boolean(at func(*entry) *bool) func(string) error {
	return func(v string) (err error) {
		*at(i.current()), err = strconv.ParseBool(v)
		return err
	}
}

func store(at *string, v string) error {
	if v == "" {
		return errEmpty
	}
	*at = v
	return nil
}

func appendTo(list *[]string, v string) error {
	if v == "" {
		return errEmpty
	}
	*list = append(*list, v)
	return nil
}

func commaSeparated(v string) []string {
	list := []string{} // not nil, which would mean the default
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
