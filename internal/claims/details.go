package claims

import (
	"slices"
	"strconv"

	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// Limits of authorization_details. They are read anew at every call that asks.
const (
	mostDetails     = 64
	mostDetailBytes = 16 << 10
)

const wantDetails = "an array of at most 64 objects, each with a type that is a string, in at most 16384 bytes"

// Details returns the elements of authorization_details (RFC 9396 §2) in the
// text of a claim set that are of this type, which is compared exactly, and that
// count here. An element whose locations do not name this service is for another
// one (§2.2), and one with a common member of a wrong type matches nothing. The
// error is about the claim: one that is malformed is not read in part.
func (r *Rules) Details(object, typ string) ([]string, error) {
	var claim strict.Value
	err := strict.Members(object, func(name string, v strict.Value) {
		if name == "authorization_details" {
			claim = v
		}
	})
	switch {
	case err != nil:
		return nil, &rejection.Error{Reason: rejection.Malformed, Want: "a strict JSON object", Cause: err}
	case claim.Kind == strict.Absent:
		return nil, nil
	case claim.Kind != strict.Array:
		return nil, wrongDetails(claim.Kind.String())
	case len(claim.Raw) > mostDetailBytes:
		return nil, wrongDetails(strconv.Itoa(len(claim.Raw)) + " bytes long")
	}
	return r.details(claim, typ)
}

func (r *Rules) details(claim strict.Value, typ string) (matching []string, err error) {
	n := 0
	claim.Elements(func(element strict.Value) bool {
		d := readDetail(element)
		own, isText := d.typ.Text()
		switch n++; {
		case n > mostDetails:
			err = wrongDetails("an array of more than " + strconv.Itoa(mostDetails))
		case element.Kind != strict.Object:
			err = wrongDetails("an array with " + element.Kind.String())
		case !isText:
			err = wrongDetails("an array with a type that is " + d.typ.Kind.String())
		case own == typ && d.regular && r.isHere(d.locations):
			matching = append(matching, element.Raw)
		}
		return err == nil
	})
	return matching, err
}

// wrongDetails shows no value: details are about accounts, patients and payments.
func wrongDetails(saw string) error {
	return &rejection.Error{Reason: rejection.Claim, Claim: "authorization_details", Got: saw, Form: rejection.Literal, Want: wantDetails}
}

// detail is an element, as received.
type detail struct {
	typ, locations strict.Value
	regular        bool // the common members have their types
}

// readDetail reads an element, which is part of a text that has been read. What is
// not an object has no type.
func readDetail(element strict.Value) detail {
	d := detail{regular: true}
	_ = strict.Members(element.Raw, func(name string, v strict.Value) {
		switch name {
		case "type":
			d.typ = v
		case "locations":
			d.locations = v
			d.regular = d.regular && isTexts(v)
		case "actions", "datatypes", "privileges":
			d.regular = d.regular && isTexts(v)
		case "identifier":
			d.regular = d.regular && v.Kind == strict.String
		}
	})
	return d
}

// isTexts reports whether v is an array of strings.
func isTexts(v strict.Value) bool {
	texts := true
	return v.Elements(func(each strict.Value) bool {
		texts = each.Kind == strict.String
		return texts
	}) && texts
}

// isHere reports whether locations name this service, by one of the configured
// audiences: another one in aud must not make its details count here. Without
// the member an element counts wherever the token does.
func (r *Rules) isHere(locations strict.Value) bool {
	here := locations.Kind == strict.Absent
	locations.Elements(func(v strict.Value) bool {
		text, _ := v.Text()
		here = slices.Contains(r.Audience, text)
		return !here
	})
	return here
}
