package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"regexp"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/printable"
)

// maxTokenFile is longer than any token that a server takes in a field.
const maxTokenFile = 16 << 10

// IsToken reports whether a text is what may follow "Bearer " (RFC 6750 §2.1).
func IsToken(text string) bool { return len(text) <= maxTokenFile && b64token.MatchString(text) }

// b64token is what may follow "Bearer " (RFC 6750 §2.1). A line break in a field
// would be another field.
var b64token = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// authorize adds the token of TokenFile to a request to an origin that the
// configuration names. A document must not be able to have the token sent to a
// server of its choice, nor in the clear to one that is named with https.
func (c *Client) authorize(r *http.Request) error {
	if c.config.TokenFile == "" || !namesOrigin(c.config.Named, r.URL) {
		return nil
	}
	token, err := ReadToken(c.config.TokenFile)
	if err != nil {
		return evidence.Errorf(ErrTokenFile, "token file %s %v (see %s)", printable.Value(c.config.TokenFile), err, c.setting("TokenFile"))
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func namesOrigin(named []string, u *url.URL) bool {
	for _, raw := range named {
		if n, err := url.Parse(raw); err == nil && n.Scheme == u.Scheme && SameHost(n, u) {
			return true
		}
	}
	return false
}

// ReadToken reads a file with one bearer token, up to 16 KiB long. The file may be
// replaced before the token in it expires, so it is to be read again and again. Nothing
// of its contents is in an error, nor its path.
func ReadToken(path string) (string, error) {
	content, err := readFile(path)
	if err != nil {
		return "", err
	}
	token := bytes.TrimSpace(content)
	switch {
	case len(content) > maxTokenFile:
		return "", errors.New("has more than 16384 bytes")
	case len(token) == 0:
		return "", errors.New("is empty")
	case !b64token.Match(token):
		return "", errors.New("holds something else than one token (RFC 6750, 2.1)")
	}
	return string(token), nil
}

// readFile reads up to one byte more than a token may have. To open anything but a
// file, such as a pipe, may block for ever.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unread(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unread(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	if err != nil {
		return nil, unread(err)
	}
	return content, nil
}

// unread is an error of the file system without the path, which is shown once.
func unread(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("cannot be read: %w", err)
}
