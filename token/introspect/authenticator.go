package introspect

import (
	"context"
	"time"

	"github.com/postern-go/postern/token"
)

// Authenticator judges the tokens of one issuer by asking it. It is safe for
// concurrent use. It needs no Close: no goroutine outlives its request.
type Authenticator struct{}

// New checks cfg and makes no request. The error matches token.ErrConfig.
func New(cfg Config) (*Authenticator, error) { panic("todo") }

// Authenticate implements token.Authenticator.
func (a *Authenticator) Authenticate(ctx context.Context, p token.Presentation) (*token.Token, error) {
	panic("todo")
}

// Schemes implements token.Schemer.
func (a *Authenticator) Schemes() []token.Scheme { panic("todo") }

// Explain makes every check that Authenticate makes, for operators.
func (a *Authenticator) Explain(ctx context.Context, p token.Presentation) []token.Finding {
	panic("todo")
}

// Ready reports whether tokens can be judged.
func (a *Authenticator) Ready(ctx context.Context) error { panic("todo") }

// Status is what is known about the endpoint.
func (a *Authenticator) Status() Status { panic("todo") }

// Forget forgets what was answered about a token.
func (a *Authenticator) Forget(raw string) { panic("todo") }

// State says whether the endpoint can be asked.
type State string

// The states.
const (
	// StateServing: the last request was answered, or none was made yet.
	StateServing State = "serving"
	// StateFailing: requests fail, and there are not enough of them to stop asking.
	StateFailing State = "failing"
	// StateOpen: the endpoint is not asked until NextAttempt.
	StateOpen State = "open"
)

// Status is the state of an Authenticator.
type Status struct {
	State              State
	Endpoint           string
	InFlight           int
	Failures           int
	FailingSince       time.Time
	NextAttempt        time.Time
	CredentialsRefused bool
	LastError          error
	LastPanic          error
}
