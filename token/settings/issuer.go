package settings

import (
	"slices"

	"github.com/postern-go/postern/token"
)

// Issuer is the settings of one issuer, or of many that Template describes.
type Issuer struct {
	// Config is what a Verifier accepts. Config.Keys is nil where Keys says where
	// the keys are.
	Config token.Config
	// Keys says where the keys are. The zero value means that they are discovered
	// from the issuer.
	Keys Keys

	// Template describes many issuers in place of Config.Issuer, which is "" then.
	// It is token.Template.Issuer, and the three fields below are those of
	// token.Template. "" means one issuer.
	Template string
	// Values lists the values of the variable in Template.
	Values []string
	// AnyValue allows every value of the variable in Template.
	AnyValue bool
	// Claim names a claim that must equal the value of the variable in Template.
	Claim string
}

// name is the identifier or the template, and what is wrong about having it.
func (i *Issuer) name() (id, fault string) {
	switch {
	case i.Template == "" && i.Config.Issuer == "":
		return "", "is missing, want issuer or template"
	case i.Template != "" && i.Config.Issuer != "":
		return "", "is there beside template, want one of them"
	case i.Template != "":
		return i.Template, ""
	case i.Values != nil || i.AnyValue || i.Claim != "":
		return "", "has values, any_value or claim, which are for template"
	}
	return i.Config.Issuer, ""
}

// named is the field with the name.
func (i *Issuer) named() string {
	if i.Template != "" {
		return "template"
	}
	return "issuer"
}

func (i *Issuer) template(c built) token.Template {
	return token.Template{Issuer: i.Template, Values: i.Values, AnyValue: i.AnyValue, Claim: i.Claim, Config: c.Config, Discovery: c.discovery}
}

// admits reports whether an issuer is one of those of the template.
func (i *Issuer) admits(issuer string) bool {
	if i.Template == "" {
		return false
	}
	value, ok := i.template(built{}).Value(issuer)
	return ok && (i.AnyValue || slices.Contains(i.Values, value))
}

// one is the Config for a single issuer, as a Resolver makes it for a template.
func (i *Issuer) one(c built, issuer string) (token.Config, error) {
	if i.Template == "" {
		return c.Config, nil
	}
	return i.template(c).ConfigFor(issuer)
}
