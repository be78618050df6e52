package token

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

// refusal says which check refused a token, what it saw and what would have
// passed. The sentence is put together only if it is read.
type refusal struct {
	why     error  // the reason
	what    string // what was looked at: "aud", "header typ"
	seen    string // its value as received, hostile; "" if absent
	want    string // what would have passed
	field   string // the setting that would change the verdict, or ""
	cause   error
	payload string // of the token, to look for other claims in
	date    int64  // where a date was looked at, and the next two as well
	now     int64
	leeway  time.Duration
	sight   sight
	instead instead
}

// sight says how a refusal tells what was seen.
type sight uint8

const (
	sightText    sight = iota // seen is a text, or a JSON string, array or object
	sightLiteral              // seen is a JSON number, boolean or null
	sightPast                 // date has passed
	sightAhead                // date has not come
	sightFar                  // date is too long after the iat, which is in now
	sightIDToken              // it is there, or is seen, as in an ID token
)

// of notes the value that was looked at.
func (r *refusal) of(v strict.Value) *refusal {
	r.seen = v.Raw
	if v.Kind == strict.Null || v.Kind == strict.Bool || v.Kind == strict.Number {
		r.sight = sightLiteral
	}
	return r
}

// Unwrap returns the reason. The cause is found by Is and As: a list of both
// would be made again for every question, which is most of what it costs to
// refuse a call.
func (r *refusal) Unwrap() error { return r.why }

// Is and As see no outcome in the cause: what is wrong with a token is the
// reason. What a source of keys says does not change it.
func (r *refusal) Is(target error) bool {
	_, outcome := target.(*sentinel)
	return !outcome && r.cause != nil && errors.Is(r.cause, target)
}

func (r *refusal) As(target any) bool {
	_, outcome := target.(**sentinel)
	return !outcome && r.cause != nil && errors.As(r.cause, target)
}

// GoString is Error, so that no verb shows the claims that r carries.
func (r *refusal) GoString() string { return r.Error() }

func (r *refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.why.Error())
	if r.what != "" {
		b.WriteString(": " + r.what)
		b.WriteString(r.saw())
	}
	if r.want != "" {
		b.WriteString(", want " + r.want)
	}
	if r.field != "" {
		b.WriteString(" (see " + r.field + ")")
	}
	b.WriteString(r.instead.words(r))
	if r.cause != nil {
		b.WriteString(": " + r.cause.Error())
	}
	return printable.Line(b.String())
}

// saw says what was seen.
func (r *refusal) saw() string {
	switch {
	case r.sight == sightPast:
		return " is " + inWords(r.date) + ", expired " + distance(r.now-r.date) + " ago with a leeway of " + r.leeway.String()
	case r.sight == sightAhead && r.what == "iat":
		return r.ahead() + ": one of the clocks is wrong"
	case r.sight == sightAhead:
		return r.ahead()
	case r.sight == sightFar:
		return " is " + inWords(r.date) + ", " + distance(r.date-r.now) + " after iat"
	case r.sight == sightIDToken && r.seen == "":
		return " is there, which makes it an ID token"
	case r.sight == sightIDToken:
		return " is " + printable.Value(r.seen) + ", a client id, which makes it an ID token"
	case r.seen == "":
		return " is absent"
	case r.sight == sightLiteral:
		return " is " + clipped(r.seen)
	default:
		return " is " + printable.Value(r.seen)
	}
}

func (r *refusal) ahead() string {
	return " is " + inWords(r.date) + ", " + distance(r.date-r.now) + " ahead of this clock with a leeway of " + r.leeway.String()
}

// clipped bounds a JSON literal. A number may have thousands of digits.
func clipped(literal string) string {
	const most = 40
	if len(literal) <= most {
		return literal
	}
	return literal[:most] + "..."
}

func inWords(date int64) string { return time.Unix(date, 0).UTC().Format(time.RFC3339) }

// distance is that of two dates in seconds. The years there are do not fit a
// time.Duration.
func distance(seconds int64) string {
	const day = 24 * 60 * 60
	if seconds < 2*day {
		return (time.Duration(seconds) * time.Second).String()
	}
	return strconv.FormatInt(seconds/day, 10) + " days"
}
