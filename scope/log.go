package scope

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/token"
)

// LogConfig says what LogTo writes. Its zero value, and a nil *LogConfig, are
// good for most services.
type LogConfig struct {
	// Subject says how the subject of a verified token shows, and that of its
	// actor. Zero leaves both out.
	Subject SubjectInLog
	// HashKey is the key for SubjectHashed: with the same key, a subject has the
	// same hash in every process. Nil means a random key for each call of LogTo.
	HashKey []byte
	// MostPerReason is how many refusals a minute get a line, for each reason and
	// transport. The next line after that says how many were left out, so that a
	// caller without a token cannot fill a disk. Zero means 10, negative means
	// no limit.
	MostPerReason int
	// Time tells the time. Nil means time.Now.
	Time func() time.Time
}

// SubjectInLog is how a log shows whom a token is about.
type SubjectInLog uint8

// How a subject shows.
const (
	// SubjectLeftOut: not at all.
	SubjectLeftOut SubjectInLog = iota
	// SubjectHashed: as an HMAC of issuer and subject, which tells callers apart
	// and is no name.
	SubjectHashed
	// SubjectShown: as it stands in the token.
	SubjectShown
)

const (
	usualPerReason = 10
	sampleWindow   = time.Minute
	hashBytes      = 8
)

// LogTo makes a Trace that writes the decisions of a guard to a logger, one line
// each: refusals at level INFO, those without a verdict (token.ErrUnavailable)
// and what a rehearsal would have refused at WARN, and calls that went through at
// DEBUG. A line has no token in it. A
// caller that went away before there was a verdict is logged at DEBUG.
//
// The attributes are: transport, policy, operation (see Policy.Operation), route, method, outcome and reason (see
// token.Outcome and token.Reason), error, which says what was seen, what was
// wanted and which setting decides, issuer, client_id, subject_kind and subject
// of a verified token, actor, a group of issuer, client_id and subject if its act
// claim names one, nested, and left_out, a number of earlier refusals for the
// same reason that got no line.
//
// A nil cfg means the zero LogConfig. A nil logger panics, with an error that
// matches token.ErrConfig. The Trace may be given to several guards, which then
// share the limit.
func LogTo(logger *slog.Logger, cfg *LogConfig) *Trace {
	if logger == nil {
		panic(fmt.Errorf("scope: %w: LogTo has no logger", token.ErrConfig))
	}
	var c LogConfig
	if cfg != nil {
		c = *cfg
	}
	l := &decisionLog{logger: logger, subject: c.Subject, key: slices.Clone(c.HashKey), now: c.Time}
	if l.now == nil {
		l.now = time.Now
	}
	if l.key == nil {
		l.key = []byte(rand.Text())
	}
	if c.MostPerReason >= 0 {
		most := c.MostPerReason
		if most == 0 {
			most = usualPerReason
		}
		l.sample = &sampler{most: most, window: sampleWindow, kinds: map[string]*sampled{}}
	}
	return &Trace{Allowed: l.allowed, Refused: l.refused}
}

type decisionLog struct {
	logger  *slog.Logger
	subject SubjectInLog
	key     []byte
	sample  *sampler // nil: every refusal has a line
	now     func() time.Time
}

func (l *decisionLog) allowed(ctx context.Context, d Decision) {
	if d.Rehearsed != nil {
		l.fault(ctx, slog.LevelWarn, "call would be refused", d, d.Rehearsed)
		return
	}
	if l.logger.Enabled(ctx, slog.LevelDebug) {
		l.logger.LogAttrs(ctx, slog.LevelDebug, "call allowed", l.attributes(d)...)
	}
}

func (l *decisionLog) refused(ctx context.Context, d Decision) {
	l.fault(ctx, levelOf(ctx, d.Err), "call refused", d, d.Err)
}

// fault writes a line about a call with a fault, if it is one of the sample.
func (l *decisionLog) fault(ctx context.Context, level slog.Level, message string, d Decision, err error) {
	if !l.logger.Enabled(ctx, level) {
		return
	}
	leftOut := 0
	if l.sample != nil {
		var ok bool
		if leftOut, ok = l.sample.admit(string(d.Transport)+" "+token.Reason(err), l.now()); !ok {
			return
		}
	}
	attributes := append(l.attributes(d),
		slog.String("outcome", token.Outcome(err)), slog.String("reason", token.Reason(err)), slog.String("error", printable.Line(err.Error())))
	if leftOut > 0 {
		attributes = append(attributes, slog.Int("left_out", leftOut))
	}
	l.logger.LogAttrs(ctx, level, message, attributes...)
}

// levelOf tells an outage from a refusal, and from a caller that went away.
func levelOf(ctx context.Context, err error) slog.Level {
	switch {
	case !errors.Is(err, token.ErrUnavailable):
		return slog.LevelInfo
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return slog.LevelDebug
	default:
		return slog.LevelWarn
	}
}

func (l *decisionLog) attributes(d Decision) []slog.Attr {
	list := make([]slog.Attr, 0, 13)
	list = append(list, slog.String("transport", string(d.Transport)), slog.String("policy", printable.Line(d.Policy.String())),
		slog.String("route", d.Route), slog.String("method", d.Method))
	if name := d.Policy.Operation(); name != "" {
		list = append(list, slog.String("operation", name))
	}
	if d.Nested {
		list = append(list, slog.Bool("nested", true))
	}
	if d.Token.IsZero() {
		return list
	}
	list = append(list, slog.String("issuer", printable.Line(d.Token.Issuer())), slog.String("client_id", printable.Line(d.Token.ClientID())),
		slog.String("subject_kind", d.Token.SubjectKind().String()))
	list = l.withSubject(list, d.Token.Principal())
	if a, ok := d.Token.Actor(); ok {
		actor := []slog.Attr{slog.String("issuer", printable.Line(a.Issuer)), slog.String("client_id", printable.Line(a.ClientID))}
		list = append(list, slog.GroupAttrs("actor", l.withSubject(actor, token.Principal{Issuer: a.Issuer, Subject: a.Subject})...))
	}
	return list
}

// withSubject adds a subject as the settings say: an actor may be a person too.
func (l *decisionLog) withSubject(list []slog.Attr, p token.Principal) []slog.Attr {
	switch l.subject {
	case SubjectShown:
		return append(list, slog.String("subject", printable.Line(p.Subject)))
	case SubjectHashed:
		return append(list, slog.String("subject", l.hash(p)))
	default:
		return list
	}
}

// hash is the same for the same principal, and keeps issuer and subject apart by
// a byte that neither can have.
func (l *decisionLog) hash(p token.Principal) string {
	h := hmac.New(sha256.New, l.key)
	_, _ = io.WriteString(h, p.Issuer+"\xff"+p.Subject)
	return hex.EncodeToString(h.Sum(nil)[:hashBytes])
}
