package settings

import (
	"go.yaml.in/yaml/v3"

	"github.com/postern-go/postern/token"
)

// The form of a file, object by object. docs/settings.md shows it.

func fileForm(f *File) []field {
	return []field{required(objects("issuers", &f.Issuers, issuerForm, 0)), textsByName("operations", &f.Operations)}
}

func issuerForm(i *Issuer) []field {
	c := &i.Config
	return []field{
		text("issuer", &c.Issuer),
		text("template", &i.Template),
		texts("values", &i.Values),
		flag("any_value", &i.AnyValue),
		topLevel(text("claim", &i.Claim)),
		required(texts("audience", &c.Audience)),
		texts("algorithms", &c.Algorithms),
		named("scope_implies", &c.ScopeImplies, texts),
		duration("leeway", &c.Leeway),
		flag("extended_leeway", &c.ExtendedLeeway),
		duration("max_lifetime", &c.MaxLifetime),
		whole("max_token_size", &c.MaxTokenSize),
		flag("require_key_id", &c.RequireKeyID),
		whole("cache_size", &c.CacheSize),
		object("keys", keysForm(&i.Keys)),
		object("profile", profileForm(&c.Profile)),
	}
}

func keysForm(k *Keys) []field {
	r := &k.Remote
	return []field{
		text("discover_at", &r.DiscoverAt),
		filled(texts("urls", &r.URLs)),
		text("file", &k.File),
		texts("allow_hosts", &r.AllowHosts),
		flag("same_host", &r.SameHost),
		text("root_cas_file", &k.RootCAsFile),
		text("proxy", &r.Proxy),
		texts("plain_http_hosts", &r.PlainHTTPHosts),
		text("token_file", &r.TokenFile),
		duration("default_lifetime", &r.DefaultLifetime),
		duration("min_lifetime", &r.MinLifetime),
		duration("max_lifetime", &r.MaxLifetime),
		duration("stale_for", &r.StaleFor),
		duration("refetch_interval", &r.RefetchInterval),
		duration("fetch_timeout", &r.FetchTimeout),
	}
}

func profileForm(p *token.Profile) []field {
	return []field{
		base(p),
		texts("types", &p.Types),
		flag("allow_missing_type", &p.AllowMissingType),
		text("scope_claim", &p.ScopeClaim),
		flag("scope_list", &p.ScopeList),
		objects("scopes", &p.Scopes, sourceForm, yaml.FlowStyle),
		text("client_id_claim", &p.ClientIDClaim),
		text("audience_claim", &p.AudienceClaim),
		texts("required", &p.Required),
		texts("client_ids", &p.ClientIDs),
		objects("rules", &p.Rules, markForm, yaml.FlowStyle),
		objects("users", &p.Users, markForm, yaml.FlowStyle),
		objects("clients", &p.Clients, markForm, yaml.FlowStyle),
		sets("sets", &p.Sets),
	}
}

// base is the profile to begin from. It is not written: the fields say all.
func base(p *token.Profile) field {
	return field{name: "base", read: func(v value) error {
		said, err := v.text()
		if err != nil {
			return err
		}
		switch said {
		case "rfc9068":
			return nil
		case "legacy":
			*p = token.LegacyProfile()
			return nil
		}
		return v.fault("unknown profile, want rfc9068 or legacy")
	}, write: func() *yaml.Node { return nil }}
}

func sourceForm(s *token.Source) []field {
	return []field{required(place(&s.Claim, &s.Path)), shape(&s.Shape)}
}

func markForm(m *token.Mark) []field {
	return []field{
		required(place(&m.Claim, &m.Path)),
		shape(&m.Shape),
		texts("values", &m.Values),
		text("prefix", &m.Prefix),
		text("suffix", &m.Suffix),
		flag("client_id", &m.ClientID),
		flag("present", &m.Present),
		flag("absent", &m.Absent),
		flag("not", &m.Not),
	}
}
