package guard

import (
	"errors"
	"maps"

	"github.com/postern-go/postern/token"
)

// Response is the fields that an Authenticator sends with the response to a
// call, by name. The zero Response is empty.
type Response map[string]string

// Add adds a field, in place of an earlier one of its name.
func (r *Response) Add(f token.Field) bool {
	if f.Name() == "" {
		return false
	}
	if *r == nil {
		*r = Response{}
	}
	(*r)[f.Name()] = f.Value()
	return true
}

// Without is r without the fields that sent has. It is r itself if there are none.
func (r Response) Without(sent Response) Response {
	if len(r) == 0 || len(sent) == 0 {
		return r
	}
	left := Response{}
	for name, value := range r {
		if _, ok := sent[name]; !ok {
			left[name] = value
		}
	}
	return left
}

// And is the fields of r and more. No field is in both.
func (r Response) And(more Response) Response {
	if len(r) == 0 {
		return more
	}
	both := maps.Clone(r)
	maps.Copy(both, more)
	return both
}

// With is err, or an error that carries r to the code that writes the refusal.
func (r Response) With(err error) error {
	if err == nil || len(r) == 0 {
		return err
	}
	return &responded{err, r}
}

// ResponseOf is the Response that With has attached to an error. Most errors
// have none, so it allocates nothing, unlike errors.As.
func ResponseOf(err error) Response {
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(*responded); ok {
			return e.response
		}
	}
	return nil
}

type responded struct {
	error
	response Response
}

func (e *responded) Unwrap() error { return e.error }
