package issuers_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
	"github.com/postern-go/postern/token/settings"
)

// The settings of each page are those that the tests of this package use.
func TestSettings(t *testing.T) {
	t.Parallel()
	all := recipes()
	for name, w := range readPages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := json.Marshal(map[string]any{"issuers": []any{all[name].file()}})
			require.NoError(t, err)
			assert.YAMLEq(t, string(want), w.settings)
			if all[name].template == nil {
				file, err := settings.Parse([]byte(w.settings))
				require.NoError(t, err)
				require.Len(t, file.Issuers, 1)
				assert.Equal(t, all[name].written(), file.Issuers[0].Config)
			}
		})
	}
}

// written is the Config that the settings are for.
func (r recipe) written() token.Config {
	cfg := r.config
	cfg.Issuer, cfg.Audience = r.shape.Options.Identifier, r.shape.Options.Audience
	return cfg
}

// file is an issuer of the settings in the form that files have.
func (r recipe) file() object {
	o := object{"audience": r.shape.Options.Audience, "algorithms": r.config.Algorithms}
	o.set("issuer", r.shape.Options.Identifier, r.template == nil)
	if r.template != nil {
		o["template"], o["values"], o["claim"] = r.template.Issuer, r.template.Values, r.template.Claim
	}
	o.set("keys", r.keys, r.keys != nil)
	o["profile"] = profileFile(r.config.Profile)
	return o
}

// object is one of JSON, which is YAML as well.
type object map[string]any

func (o object) set(name string, value any, is bool) {
	if is {
		o[name] = value
	}
}

func profileFile(p token.Profile) object {
	o := object{}
	o.set("types", p.Types, p.Types != nil)
	o.set("allow_missing_type", true, p.AllowMissingType)
	o.set("scope_claim", p.ScopeClaim, p.ScopeClaim != "")
	o.set("scope_list", true, p.ScopeList)
	o.set("scopes", sourcesFile(p.Scopes), p.Scopes != nil)
	o.set("client_id_claim", p.ClientIDClaim, p.ClientIDClaim != "")
	o.set("audience_claim", p.AudienceClaim, p.AudienceClaim != "")
	o.set("required", p.Required, p.Required != nil)
	o.set("client_ids", p.ClientIDs, p.ClientIDs != nil)
	o.set("rules", marksFile(p.Rules), p.Rules != nil)
	o.set("users", marksFile(p.Users), p.Users != nil)
	o.set("clients", marksFile(p.Clients), p.Clients != nil)
	sets := object{}
	for name, list := range p.Sets {
		sets[name] = sourcesFile(list)
	}
	o.set("sets", sets, len(sets) > 0)
	return o
}

func sourcesFile(list []token.Source) (files []object) {
	for _, s := range list {
		o := object{"claim": claimFile(s.Claim, s.Path)}
		o.set("shape", s.Shape.String(), s.Shape != token.ShapeDefault)
		files = append(files, o)
	}
	return files
}

func marksFile(list []token.Mark) (files []object) {
	for _, m := range list {
		o := object{"claim": claimFile(m.Claim, m.Path)}
		o.set("shape", m.Shape.String(), m.Shape != token.ShapeDefault)
		o.set("values", m.Values, m.Values != nil)
		o.set("prefix", m.Prefix, m.Prefix != "")
		o.set("suffix", m.Suffix, m.Suffix != "")
		o.set("client_id", true, m.ClientID)
		o.set("present", true, m.Present)
		o.set("absent", true, m.Absent)
		o.set("not", true, m.Not)
		files = append(files, o)
	}
	return files
}

// claimFile is the name of a claim, or a JSON Pointer to it (RFC 6901).
func claimFile(claim string, path []string) string {
	if path == nil {
		return claim
	}
	var pointer strings.Builder
	for _, name := range path {
		pointer.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return pointer.String()
}
