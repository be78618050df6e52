package claims

import (
	"slices"
	"strings"

	"github.com/postern-go/postern/internal/strict"
)

// MaxMarkedClaims is how many claims the marks may name. Their values are kept
// on the stack while a payload is read.
const MaxMarkedClaims = 8

// Mark is evidence, in a claim, of the kind of subject. See token.Mark.
type Mark struct {
	Claim                     string
	Values                    []string
	Prefix, Suffix            string
	ClientID, Present, Absent bool
	Not                       bool
}

// holds reports whether a token with this value of the claim bears the mark.
func (m *Mark) holds(value strict.Value, clientID string) bool {
	there := value.Kind != strict.Absent && value.Kind != strict.Null
	if m.Present || m.Absent {
		return there == m.Present
	}
	text, _ := value.Text() // "" if it is not a string
	if text == "" || m.ClientID && clientID == "" {
		return false
	}
	return m.matches(text, clientID) != m.Not
}

func (m *Mark) matches(text, clientID string) bool {
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

// marks are those of Settings, made ready for use.
type marks struct {
	names []string // of the claims that are looked at
	list  []compiledMark
}

type compiledMark struct {
	Mark
	place int // of the claim in names, and of its value in Payload.marked
	kind  Kind
}

func newMarks(s Settings) marks {
	var m marks
	m.add(s.Users, User)
	m.add(s.Clients, Client)
	return m
}

func (m *marks) add(list []Mark, kind Kind) {
	for _, mark := range list {
		place := slices.Index(m.names, mark.Claim)
		if place < 0 {
			place = len(m.names)
			m.names = append(m.names, mark.Claim)
		}
		m.list = append(m.list, compiledMark{mark, place, kind})
	}
}

// note keeps the value of a claim that marks look at.
func (m *marks) note(c *Payload, name string, value strict.Value) {
	for place, looked := range m.names {
		if looked == name {
			c.marked[place] = value
		}
	}
}

// kind weighs the evidence. A subject that is proven to be both counts as
// neither, and a token without a subject has no user.
func (m *marks) kind(s *Set, c *Payload) Kind {
	user, client := false, s.Subject != "" && s.Subject == s.ClientID
	for i := range m.list {
		mark := &m.list[i]
		if !mark.holds(c.marked[mark.place], s.ClientID) {
			continue
		}
		user = user || mark.kind == User
		client = client || mark.kind == Client
	}
	switch {
	case user == client, user && s.Subject == "":
		return Unknown
	case user:
		return User
	default:
		return Client
	}
}
