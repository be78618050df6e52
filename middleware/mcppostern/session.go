package mcppostern

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// identity is whom a session belongs to: a subject of an issuer, by way of one
// client. A user of two clients is two: what one client has begun is not the
// other's to read. It is comparable.
type identity struct {
	principal token.Principal
	client    string
}

// identityOf reports false if the token names neither a subject nor a client.
func identityOf(t *token.Token) (identity, bool) {
	id := identity{t.Principal(), t.ClientID()}
	return id, id.principal.Issuer != "" && (id.principal.Subject != "" || id.client != "")
}

// userID is the identity as one string, by which the SDK compares it too. Each
// part has its length before it: no two identities have one string.
func (id identity) userID() string {
	text := make([]byte, 0, 128)
	for _, part := range []string{id.principal.Issuer, id.principal.Subject, id.client} {
		text = append(strconv.AppendInt(text, int64(len(part)), 10), ':')
		text = append(append(text, part...), ' ')
	}
	return string(text)
}

// owners are the sessions that there are. The zero owners have none.
type owners struct {
	mu   sync.Mutex
	byID map[string]identity
}

// session is what is asked of one of the SDK.
type session interface {
	ID() string
	Wait() error
}

// begin makes a session belong to id until it ends. It reports false if there is
// one by this name that belongs to another.
func (o *owners) begin(s session, id identity) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if owner, ok := o.byID[s.ID()]; ok {
		return owner == id
	}
	if o.byID == nil {
		o.byID = map[string]identity{}
	}
	o.byID[s.ID()] = id
	go func() {
		_ = s.Wait() // why it has ended makes no difference
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.byID, s.ID())
	}()
	return true
}

func (o *owners) of(session string) (identity, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id, ok := o.byID[session]
	return id, ok
}

// restrict is p for a request in a session: its owner's token is needed too. A
// session that is not known is the SDK's to answer.
func (o *owners) restrict(p scope.Policy, session string) scope.Policy {
	owner, ok := o.of(session)
	if !ok {
		return p
	}
	return p.And(scope.Func("session of its own", func(t *token.Token) error {
		if id, ok := identityOf(t); !ok || id != owner {
			return errOthers
		}
		return nil
	}))
}

var errOthers = fmt.Errorf("%w: the session belongs to another subject or client", token.ErrDenied)
