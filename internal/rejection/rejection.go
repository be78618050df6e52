package rejection

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postern-go/postern/internal/printable"
	"github.com/postern-go/postern/internal/strict"
)

// Error says which check rejected a token, what it saw and what it wanted. The
// text is put together only if it is read, so that a flood of bad tokens formats
// nothing.
type Error struct {
	Reason  error        // a Sentinel
	Claim   string       // the claim or header parameter: "aud", "header typ"
	Got     string       // its value as received, hostile; "" if it is absent
	Want    string       // what would have passed
	Setting string       // the setting that would change the verdict, or ""
	Cause   error        // found by errors.Is and errors.As, or nil
	Hint    fmt.Stringer // if the claim is absent: where it may be instead; or nil
	Date    int64        // of the Forms about dates, in seconds since 1970
	Now     int64        // what Date is compared with
	Leeway  time.Duration
	Form    Form
}

// Form says how the text of an Error shows the received value.
type Form uint8

// The forms.
const (
	Text    Form = iota // Got is a text, or a JSON string, array or object
	Literal             // Got is a JSON number, boolean or null
	Past                // Date has passed
	Ahead               // Date has not come
	TooFar              // Date is too long after iat, which is Now
	IDToken             // the claim is present, or has the value, as in an ID token
	Aged                // Date is too long ago, though it is no expiry
)

// Saw notes the value of the claim, and returns e.
func (e *Error) Saw(v strict.Value) *Error {
	e.Got = v.Raw
	if v.Kind == strict.Null || v.Kind == strict.Bool || v.Kind == strict.Number {
		e.Form = Literal
	}
	return e
}

// Unwrap returns the reason. The cause is found by Is and As: a list of both
// would be made again for every question, which is most of what it costs to
// refuse a call.
func (e *Error) Unwrap() error { return e.Reason }

// Is and As see no outcome in the cause: the fault of the token is the reason.
// An error from a source of keys does not change it.
func (e *Error) Is(target error) bool {
	_, outcome := target.(*Sentinel)
	return !outcome && e.Cause != nil && errors.Is(e.Cause, target)
}

func (e *Error) As(target any) bool {
	_, outcome := target.(**Sentinel)
	return !outcome && e.Cause != nil && errors.As(e.Cause, target)
}

// GoString is Error, so that no verb shows the claims that e carries.
func (e *Error) GoString() string { return e.Error() }

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason.Error())
	if e.Claim != "" {
		b.WriteString(": " + e.Claim)
		b.WriteString(e.saw())
	}
	if e.Want != "" {
		b.WriteString(", want " + e.Want)
	}
	if e.Setting != "" {
		b.WriteString(" (see " + e.Setting + ")")
	}
	if e.Hint != nil && e.Got == "" {
		b.WriteString(e.Hint.String())
	}
	if e.Cause != nil {
		b.WriteString(": " + e.Cause.Error())
	}
	return printable.Line(b.String())
}

// saw describes the received value.
func (e *Error) saw() string {
	switch {
	case e.Form == Past:
		return " is " + inWords(e.Date) + ", expired " + distance(e.Now-e.Date) + " ago with a leeway of " + e.Leeway.String()
	case e.Form == Aged:
		return " is " + inWords(e.Date) + ", " + distance(e.Now-e.Date) + " old by this clock"
	case e.Form == Ahead && e.Claim == "iat":
		return e.ahead() + ": one of the clocks is wrong"
	case e.Form == Ahead:
		return e.ahead()
	case e.Form == TooFar:
		return " is " + inWords(e.Date) + ", " + distance(e.Date-e.Now) + " after iat"
	case e.Form == IDToken && e.Got == "":
		return " is there, which makes it an ID token"
	case e.Form == IDToken:
		return " is " + printable.Value(e.Got) + ", a client id, which makes it an ID token"
	case e.Got == "":
		return " is absent"
	case e.Form == Literal:
		return " is " + clipped(e.Got)
	default:
		return " is " + printable.Value(e.Got)
	}
}

func (e *Error) ahead() string {
	return " is " + inWords(e.Date) + ", " + distance(e.Date-e.Now) + " ahead of this clock with a leeway of " + e.Leeway.String()
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
