package scope_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/token"
)

// facts are what the leaves of a tree ask for.
type facts struct {
	scopes  uint8 // which of the names in tokenScopes
	kind    token.SubjectKind
	web     bool // issued to the client "web"
	recent  bool // the user has just authenticated, as the application sees it
	granted bool // the application's own rule holds
	fits    bool // a claim fits the application's type
	up      bool // what the application asks is up
	admin   bool // the roles have "admin"
	group   bool // the groups have "g"
	login   login
	details int   // noDetail, inPieces or inOne
	actor   int   // an index of actors
	bound   bool  // to a key or a certificate
	larger  uint8 // which scopes imply others; see implies
}

// What a token has of the details that rules want.
const (
	noDetail = iota
	inPieces // all of it, but not in one element
	inOne
)

// The actors of tokens.
const (
	noActor   = iota
	operator  // for which the gateway acted before
	gateway   // by its subject alone
	gatewayGW // by its subject and its client id
)

var actors = []object{
	noActor:   nil,
	operator:  {"sub": "operator", "act": object{"sub": "gateway", "client_id": "gw"}},
	gateway:   {"sub": "gateway"},
	gatewayGW: {"sub": "gateway", "client_id": "gw"},
}

// aspects are which facts a leaf asks for: a bit for each entry of allAspects.
type aspects uint16

const (
	ofScopes aspects = 1 << iota
	ofKind
	ofWeb
	ofRecent
	ofGranted
	ofFits
	ofUp
	ofAdmin
	ofGroup
	ofACR
	ofAge
	ofDetails
	ofActor
	ofBinding
)

// aspect is one fact, and how to set each of its values.
type aspect struct {
	values uint32
	set    func(f *facts, value uint32)
}

func flag(of func(*facts) *bool) aspect {
	return aspect{2, func(f *facts, value uint32) { *of(f) = value == 1 }}
}

var allAspects = []aspect{
	{16, func(f *facts, value uint32) { f.scopes = uint8(value) }},
	{3, func(f *facts, value uint32) { f.kind = token.SubjectKind(value) }},
	flag(func(f *facts) *bool { return &f.web }),
	flag(func(f *facts) *bool { return &f.recent }),
	flag(func(f *facts) *bool { return &f.granted }),
	flag(func(f *facts) *bool { return &f.fits }),
	flag(func(f *facts) *bool { return &f.up }),
	flag(func(f *facts) *bool { return &f.admin }),
	flag(func(f *facts) *bool { return &f.group }),
	{uint32(len(acrs)), func(f *facts, value uint32) { f.login.acr = acrs[value] }},
	{uint32(len(ages)), func(f *facts, value uint32) { f.login.age = ages[value] }},
	{3, func(f *facts, value uint32) { f.details = int(value) }},
	{uint32(len(actors)), func(f *facts, value uint32) { f.actor = int(value) }},
	flag(func(f *facts) *bool { return &f.bound }),
}

// factsOf reads the facts from a number. Each of them comes up, as there are less
// than a 32 bit number has values.
func factsOf(n uint32) (f facts) {
	for _, a := range allAspects {
		a.set(&f, n%a.values)
		n /= a.values
	}
	return f
}

// everyFact calls f with all combinations of these facts until it returns false.
func everyFact(of aspects, f func(facts) bool) bool { return everyFrom(facts{}, of, 0, f) }

func everyFrom(at facts, of aspects, first int, f func(facts) bool) bool {
	if first == len(allAspects) {
		return f(at)
	}
	values := allAspects[first].values
	if of>>first&1 == 0 {
		values = 1
	}
	for value := range values {
		allAspects[first].set(&at, value)
		if !everyFrom(at, of, first+1, f) {
			return false
		}
	}
	return true
}

var tokenScopes = []string{"a", "b", "c", "d"}

func names(set uint8) (list []string) {
	for i, name := range tokenScopes {
		if set>>i&1 == 1 {
			list = append(list, name)
		}
	}
	return list
}

func setOf(scopes []string) (set uint8) {
	for i, name := range tokenScopes {
		for _, s := range scopes {
			if s == name {
				set |= 1 << i
			}
		}
	}
	return set
}

// implies says which scopes imply others: each bit of larger is that of two of the
// names, of which the earlier one implies the later one. There are no circles so.
func (f facts) implies() map[string][]string {
	implies := map[string][]string{}
	bit := 0
	for i, larger := range tokenScopes {
		for _, smaller := range tokenScopes[i+1:] {
			if f.larger>>bit&1 == 1 {
				implies[larger] = append(implies[larger], smaller)
			}
			bit++
		}
	}
	return implies
}

// has are the scopes that count: those granted, and what they imply.
func (f facts) has() uint8 {
	if f.larger == 0 {
		return f.scopes
	}
	has, implies := f.scopes, f.implies()
	for i, larger := range tokenScopes { // a smaller one comes later
		if has>>i&1 == 1 {
			has |= setOf(implies[larger])
		}
	}
	return has
}

// token is one with these facts, seen at noon.
func (f facts) token(tb testing.TB) *token.Token {
	tb.Helper()
	client := "app"
	if f.web {
		client = "web"
	}
	sets := map[string][]string{"roles": {"admin", "editor"}, "groups": {"g"}}
	if !f.admin {
		sets["roles"] = []string{"a", "b", "c", "d"} // scopes are no roles
	}
	if !f.group {
		delete(sets, "groups")
	}
	var confirmation map[string]string
	if f.bound {
		confirmation = map[string]string{"jkt": "x"}
	}
	implications, err := token.NewScopeImplications(f.implies())
	require.NoError(tb, err)
	t, err := token.Vouched("", token.VouchedClaims{
		Issuer: "https://as.example.com", Audience: []string{"https://api.example.com"}, Expiry: noon.Add(time.Hour), Time: func() time.Time { return noon },
		Subject: "alice", SubjectKind: f.kind, ClientID: client, Scopes: names(f.scopes), ScopeImplies: implications, Sets: sets, JSON: f.claims(tb),
		Confirmation: confirmation,
	})
	require.NoError(tb, err)
	return t
}

func (f facts) claims(tb testing.TB) []byte {
	tb.Helper()
	said := map[string]any{"recent": f.recent, "granted": f.granted, "fits": f.fits, "up": f.up}
	maps.Copy(said, f.login.claims())
	if elements := f.elements(); elements != nil {
		said["authorization_details"] = elements
	}
	if act := actors[f.actor]; act != nil {
		said["act"] = act
	}
	claims, err := json.Marshal(said)
	require.NoError(tb, err)
	return claims
}

// elements are what the token has in authorization_details.
func (f facts) elements() []object {
	both, one, other := []string{"a", "b"}, []string{"a"}, []string{"b"}
	switch f.details {
	case inOne:
		return []object{{"type": "x", "actions": one}, {"type": "x", "actions": both, "datatypes": both}}
	case inPieces:
		return []object{{"type": "x", "actions": both, "datatypes": one}, {"type": "x", "actions": one, "datatypes": both}, {"type": "y", "actions": both, "datatypes": other}}
	default:
		return nil
	}
}
