package claims

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/rejection"
	"github.com/postern-go/postern/internal/strict"
)

// Mark is a condition on a claim. See token.Mark.
type Mark struct {
	Path                      []string
	Shape                     Shape
	Values                    []string
	Prefix, Suffix            string
	ClientID, Present, Absent bool
	Not                       bool
}

// mark is a Mark made ready for use.
type mark struct {
	Mark
	place
}

func (r *Rules) newMarks(list []Mark) []mark {
	made := make([]mark, len(list))
	for i, m := range list {
		made[i] = mark{m, r.newPlace(m.Path)}
	}
	return made
}

// holds reports whether a payload bears the mark. The value is the claim's, for
// the error of one that does not.
func (m *mark) holds(p *Payload, clientID string) (value strict.Value, holds bool) {
	value, known := p.find(&m.place)
	switch {
	case !known:
		return value, false
	case m.Present || m.Absent:
		return value, m.Present != isNothing(value)
	case m.ClientID && clientID == "":
		return value, false
	case value.Kind == strict.String && (m.Shape == Default || m.Shape == Text): // the usual case takes no memory
		text, _ := value.Text()
		return value, text != "" && len(text) <= maxValueLength && m.matches(text, clientID) != m.Not
	}
	values, ok := m.Shape.limited(value)
	matches := func(text string) bool { return m.matches(text, clientID) }
	return value, ok && len(values) > 0 && slices.ContainsFunc(values, matches) != m.Not
}

func (m *mark) matches(text, clientID string) bool {
	switch {
	case m.ClientID:
		return text == clientID
	case m.Prefix != "":
		return strings.HasPrefix(text, m.Prefix)
	case m.Suffix != "":
		return strings.HasSuffix(text, m.Suffix)
	default:
		return slices.Contains(m.Values, text)
	}
}

// wanted describes the condition for operators.
func (m *Mark) wanted() string {
	var value string
	switch {
	case m.Present:
		return "it to be there"
	case m.Absent:
		return "it not to be there"
	case m.ClientID:
		value = "the client id"
	case m.Prefix != "":
		value = "a text that begins with " + printable.Value(fmt.Sprintf("%+q", m.Prefix))
	case m.Suffix != "":
		value = "a text that ends with " + printable.Value(fmt.Sprintf("%+q", m.Suffix))
	default:
		value = "one of " + printable.Value(fmt.Sprintf("%+q", m.Values))
	}
	if m.Shape != Default && m.Shape != Text {
		value = m.Shape.wanted() + " with " + value
	}
	if m.Not {
		return "anything but " + value
	}
	return value
}

// brokenRule is the error of the first rule that a payload does not keep, or nil.
func (r *Rules) brokenRule(p *Payload) error {
	clientID, _ := p.clientID.Text()
	for i := range r.must {
		m := &r.must[i]
		value, holds := m.holds(p, clientID)
		if holds {
			continue
		}
		want := r.want.rules[i]
		if _, known := p.find(&m.place); !known {
			want = untold
		}
		return (&rejection.Error{Reason: rejection.Claim, Claim: Display(m.Path), Want: want, Setting: "Config.Profile.Rules"}).Saw(value)
	}
	return nil
}

// checkRules wants what the rules say of claims anywhere in the payload.
func checkRules(_ *Rules, _ *Set, c received) error {
	if c.gathered == nil {
		return nil
	}
	return c.gathered.brokenRule
}

// kind weighs the evidence. A subject that is proven to be both counts as
// neither, and a token without a subject has no user.
func (r *Rules) kind(s *Set, p *Payload) Kind {
	user, client := bears(r.users, p, s.ClientID), s.Subject != "" && s.Subject == s.ClientID || bears(r.clients, p, s.ClientID)
	switch {
	case user == client, user && s.Subject == "":
		return Unknown
	case user:
		return User
	default:
		return Client
	}
}

// bears reports whether a payload has one of the marks.
func bears(list []mark, p *Payload, clientID string) bool {
	for i := range list {
		if _, holds := list[i].holds(p, clientID); holds {
			return true
		}
	}
	return false
}
