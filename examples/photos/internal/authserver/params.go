package authserver

import (
	"mime"
	"net/http"
	"net/url"
)

// maxForm bounds every form that is read.
const maxForm = 16 << 10

// params are the parameters of a request, none of them given twice: what one
// reader takes from the first and another from the last is how servers and
// their filters come to disagree (RFC 6749 §3.1, §3.2).
type params map[string]string

var errRepeated = refuse("invalid_request", "A parameter is given more than once.")

func single(values url.Values) (params, error) {
	p := make(params, len(values))
	for name, list := range values {
		if len(list) != 1 {
			return nil, errRepeated
		}
		p[name] = list[0]
	}
	return p, nil
}

// postedForm reads a form from the body of a POST, never from the URL, which
// ends up in logs.
func postedForm(w http.ResponseWriter, r *http.Request) (params, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, refuse("invalid_request", "The request is not a form.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, refuse("invalid_request", "The form cannot be read.")
	}
	return single(r.PostForm)
}
