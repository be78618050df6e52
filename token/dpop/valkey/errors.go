package valkey

import (
	"context"
	"errors"
	"strings"

	valkeygo "github.com/valkey-io/valkey-go"

	"github.com/postern-go/postern/internal/printable"
)

// The reasons for which a Store cannot tell whether a proof was used. A Checker
// turns each of them into token.ErrReplayStoreUnavailable, and keeps it as the
// cause.
var (
	// ErrUnreachable says that there is no connection, or that it broke before the
	// answer came.
	ErrUnreachable = errors.New("dpop/valkey: the server cannot be reached")
	// ErrTimeout says that no answer came in time.
	ErrTimeout = errors.New("dpop/valkey: no answer in time")
	// ErrFull says that the server has no memory for another proof.
	ErrFull = errors.New("dpop/valkey: the server is full")
	// ErrNotPrimary says that the server takes no writes, as after a failover, or
	// not while it loads its data or lacks replicas.
	ErrNotPrimary = errors.New("dpop/valkey: the server takes no writes")
	// ErrCredentials says that the credentials are wrong, or do not permit what the
	// store needs.
	ErrCredentials = errors.New("dpop/valkey: the server does not permit it")
	// ErrRestarted says that the server does not know which proofs were used before
	// it started; see Config.AfterRestart.
	ErrRestarted = errors.New("dpop/valkey: the server has forgotten proofs")
	// ErrUnsuitable says that the server is none that the store can use, such as a
	// cluster.
	ErrUnsuitable = errors.New("dpop/valkey: the server is unsuitable")
	// ErrClosed says that Close was called.
	ErrClosed = errors.New("dpop/valkey: the store is closed")
)

// fault is one of the reasons with what was seen and what helps, in one line.
type fault struct {
	reason  error
	seen    string
	want    string
	setting string
	cause   error // for errors.Is; its text is not shown
}

func (f *fault) Error() string {
	text := f.reason.Error()
	if f.seen != "" {
		text += ": " + f.seen
	}
	if f.want != "" {
		text += ", want " + f.want
	}
	if f.setting != "" {
		text += " (see " + f.setting + ")"
	}
	return printable.Line(text)
}

func (f *fault) Unwrap() []error {
	if f.cause == nil {
		return []error{f.reason}
	}
	return []error{f.reason, f.cause}
}

// answers are what servers answer, by the word that their errors begin with. Only
// that word is shown: some servers quote the command that they do not know, which
// may be one with a password.
var answers = map[string]fault{
	"OOM":         {reason: ErrFull, want: "memory for each proof until it expires", setting: "maxmemory of the server"},
	"READONLY":    {reason: ErrNotPrimary, want: "the primary", setting: "valkey.Config.Addresses"},
	"MASTERDOWN":  {reason: ErrNotPrimary, want: "the primary", setting: "valkey.Config.Addresses"},
	"LOADING":     {reason: ErrNotPrimary, want: "a server that has read its data"},
	"BUSY":        {reason: ErrNotPrimary, want: "a server that no script keeps busy"},
	"MISCONF":     {reason: ErrNotPrimary, want: "a server that can write its snapshots", setting: "stop-writes-on-bgsave-error of the server"},
	"NOREPLICAS":  {reason: ErrNotPrimary, want: "enough replicas", setting: "min-replicas-to-write of the server"},
	"NOAUTH":      {reason: ErrCredentials, want: "credentials", setting: "valkey.Config.Password"},
	"WRONGPASS":   {reason: ErrCredentials, want: "credentials that the server knows", setting: "valkey.Config.Password"},
	"NOPERM":      {reason: ErrCredentials, want: "a user that may do what the store does", setting: "ACL of the server"},
	"MOVED":       {reason: ErrUnsuitable, want: "a server that is not part of a cluster", setting: "valkey.Config.Addresses"},
	"ASK":         {reason: ErrUnsuitable, want: "a server that is not part of a cluster", setting: "valkey.Config.Addresses"},
	"CLUSTERDOWN": {reason: ErrUnsuitable, want: "a server that is not part of a cluster", setting: "valkey.Config.Addresses"},
	"CROSSSLOT":   {reason: ErrUnsuitable, want: "a server that is not part of a cluster", setting: "valkey.Config.Addresses"},
}

// faultOf is what an error of the client means.
func faultOf(err error) error {
	var known *fault
	if errors.As(err, &known) {
		return err
	}
	if said, ok := valkeygo.IsValkeyErr(err); ok {
		return answered(said.Error())
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &fault{reason: ErrTimeout, seen: "the outcome is unknown", setting: "valkey.Config.Timeout", cause: err}
	}
	return &fault{reason: ErrUnreachable, seen: err.Error(), cause: err}
}

func answered(text string) error {
	word, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), " ")
	f, ok := answers[word]
	if !ok {
		f = fault{reason: ErrUnsuitable, want: "OK"}
	}
	if word == "" || strings.ToUpper(word) != word {
		word = "an error"
	}
	f.seen = "it answered " + word
	return &f
}
