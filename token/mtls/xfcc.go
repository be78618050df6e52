package mtls

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// maxElements is the most elements that an XFCC field may have.
const maxElements = 32

// element is what one proxy says of the client in front of it.
type element struct {
	hash, cert string
	has        struct{ hash, cert bool }
	at         int
}

// parseXFCC reads the element of XFCC that counts.
func (h Header) parseXFCC(value string) (client, *fault) {
	r := xfccReader{text: value}
	all, wrong := r.elements()
	if wrong != nil {
		return client{}, wrong
	}
	at := len(all) - 1 - h.Hop
	switch {
	case at < 0:
		return client{}, &fault{len(value), "more elements, as Header.Hop says", nil}
	case at > 0 && !h.ForwardsHops:
		return client{}, &fault{0, "no element that the proxies have not set themselves, or Header.ForwardsHops", nil}
	default:
		return all[at].client()
	}
}

// client is the client that an element is about.
func (e element) client() (found client, wrong *fault) {
	if !e.has.hash && !e.has.cert {
		return client{}, &fault{e.at, "Hash or Cert", nil}
	}
	if e.has.cert {
		if found, wrong = parseEscapedPEM(e.cert); wrong != nil {
			return client{}, &fault{e.at, "Cert with " + wrong.want, wrong.cause}
		}
	}
	if !e.has.hash {
		return found, nil
	}
	sum, err := hex.DecodeString(e.hash)
	if err != nil || len(e.hash) != 2*32 {
		return client{}, &fault{e.at, "Hash with SHA-256 in 64 hexadecimal digits", nil}
	}
	thumbprint := base64.RawURLEncoding.EncodeToString(sum)
	if e.has.cert && subtle.ConstantTimeCompare([]byte(thumbprint), []byte(found.thumbprint)) != 1 {
		return client{}, &fault{e.at, "Hash to be that of Cert", nil}
	}
	found.thumbprint = thumbprint
	return found, nil
}

// xfccReader reads elements separated by commas, of pairs separated by semicolons.
// A value with one of these characters is in double quotes, and a backslash there
// takes the meaning from the character behind it. Anything else is refused: a
// certificate's names are in here, and its owner has chosen them.
type xfccReader struct {
	text string
	at   int
}

func (r *xfccReader) elements() (all []element, wrong *fault) {
	for len(all) < maxElements {
		r.skipSpaces()
		e, wrong := r.element()
		if wrong != nil {
			return nil, wrong
		}
		all = append(all, e)
		r.skipSpaces()
		if r.at == len(r.text) {
			return all, nil
		}
		if !r.take(',') {
			return nil, &fault{r.at, "a comma or a semicolon", nil}
		}
	}
	return nil, &fault{r.at, "fewer elements", nil}
}

func (r *xfccReader) element() (element, *fault) {
	e := element{at: r.at}
	for {
		at := r.at
		key := r.key()
		if key == "" || !r.take('=') {
			return e, &fault{r.at, "a key, an equals sign and a value", nil}
		}
		value, wrong := r.value()
		if wrong != nil {
			return e, wrong
		}
		if !e.set(key, value) {
			return e, &fault{at, "Hash and Cert once", nil}
		}
		if !r.take(';') {
			return e, nil
		}
	}
}

// set notes a pair. It is false for one that is there already.
func (e *element) set(key, value string) bool {
	place, there := &e.hash, &e.has.hash
	switch strings.ToLower(key) {
	case "hash":
	case "cert":
		place, there = &e.cert, &e.has.cert
	default:
		return true
	}
	if *there {
		return false
	}
	*place, *there = value, true
	return true
}

func (r *xfccReader) key() string {
	start := r.at
	for r.at < len(r.text) && (r.text[r.at]|' ' >= 'a' && r.text[r.at]|' ' <= 'z') {
		r.at++
	}
	return r.text[start:r.at]
}

func (r *xfccReader) value() (string, *fault) {
	if r.take('"') {
		return r.quoted()
	}
	start := r.at
	for ; r.at < len(r.text) && !strings.ContainsRune(",; \t", rune(r.text[r.at])); r.at++ {
		if char := r.text[r.at]; char == '"' || char < ' ' || char > '~' {
			return "", &fault{r.at, "a value in quotes", nil}
		}
	}
	return r.text[start:r.at], nil
}

// quoted is the rest of a value in quotes.
func (r *xfccReader) quoted() (string, *fault) {
	var value strings.Builder
	for ; r.at < len(r.text); r.at++ {
		char := r.text[r.at]
		switch {
		case char == '"':
			r.at++
			return value.String(), nil
		case char == '\\' && r.at+1 < len(r.text):
			r.at++
			char = r.text[r.at]
		}
		if char < ' ' || char > '~' {
			return "", &fault{r.at, "printable ASCII", nil}
		}
		value.WriteByte(char)
	}
	return "", &fault{r.at, "a closing quote", nil}
}

func (r *xfccReader) take(char byte) bool {
	if r.at < len(r.text) && r.text[r.at] == char {
		r.at++
		return true
	}
	return false
}

func (r *xfccReader) skipSpaces() {
	for r.take(' ') || r.take('\t') {
	}
}
