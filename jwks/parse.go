package jwks

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"

	"github.com/postern-go/postern/internal/evidence"
	"github.com/postern-go/postern/internal/strict"
)

// Limits of a key set. An honest set has a handful of keys and a few kilobytes.
const (
	maxSetBytes    = 512 << 10
	maxKeys        = 100
	maxSetElements = 1000
)

// Set is a JWK Set as ParseSet reads it.
type Set struct {
	// Keys are the keys that may verify signatures, in the order of the set.
	// Several may share an ID: the caller tries each.
	Keys []Key
	// Skipped are the keys that may not, with the reason for each.
	Skipped []Skipped
}

// Skipped is a key of a set that is not used.
type Skipped struct {
	// ID is the key's kid, as far as it could be read, cut to 128 bytes. Bytes
	// that do not print are shown as in a Go string.
	ID string
	// Reason is one of the ErrKey values of this package.
	Reason error
	// Detail names the member that is the reason and describes its fault, in
	// one line of printable ASCII for operators, or is "".
	Detail string
}

// ParseSet reads a JWK Set (RFC 7517 §5), such as one kept in a file; use its
// Keys as a Static source. Remote reads what it fetches in the same way.
//
// Each key is judged by itself, so that an unknown, weak or broken key takes no
// other key down. A key is used only if it is a public RSA key of 2048 to 8192
// bits with an exponent of at most 65537, an EC key on P-256, P-384 or P-521,
// or an Ed25519 key, and if its use, key_ops and alg let it verify. CheckKey
// has the same rules for keys from elsewhere. Members named x5c, x5t and x5u
// are not looked at. A null member counts as absent. At most 100 keys are used.
//
// The error matches ErrTooLarge for more than 512 KiB, and ErrSet for a text
// that is not one JSON object with an array named keys, or that repeats a
// member name outside the keys. A set without a usable key is not an error.
func ParseSet(body []byte) (Set, error) {
	elements, err := splitSet(body)
	if err != nil {
		return Set{}, err
	}
	var set Set
	for i, element := range elements {
		if i == maxSetElements {
			set.Skipped = append(set.Skipped, Skipped{Reason: ErrKeyLimit})
			break
		}
		set.add(string(element))
	}
	return set, nil
}

func (s *Set) add(element string) {
	key, err := parseKey(element)
	if err == nil && len(s.Keys) == maxKeys {
		err = ErrKeyLimit
	}
	if err != nil {
		s.Skipped = append(s.Skipped, skip(key.ID, err))
		return
	}
	s.Keys = append(s.Keys, key)
}

// ParseKey reads one JWK (RFC 7517 §4), such as that in the header of a proof
// (RFC 9449 §4.2), by the rules that ParseSet has for each key of a set. The
// Key is fit to verify signatures. The caller must judge the origin of the JWK:
// a key that a token brings along proves nothing about its issuer.
//
// An error matches one of the ErrKey values, or ErrTooLarge for more than 512
// KiB. Its text is one bounded line of printable ASCII, with nothing of a private
// key. It blocks on nothing, and may be called concurrently.
func ParseKey(jwk []byte) (Key, error) {
	if len(jwk) > maxSetBytes {
		return Key{}, evidence.Errorf(ErrTooLarge, "jwks: a key has at most %d bytes", maxSetBytes)
	}
	key, err := parseKey(string(jwk))
	if err != nil {
		s := skip(key.ID, err)
		return Key{}, evidence.OneLine(evidence.Errorf(s.Reason, "jwks: %s", s.why()))
	}
	return key, nil
}

// splitSet takes the elements of keys out of a set without judging them. The
// strict reader would refuse the set for a name repeated inside one key, so
// the outer object is walked here and each part of it read strictly by itself.
func splitSet(body []byte) ([]json.RawMessage, error) {
	if len(body) > maxSetBytes {
		return nil, evidence.Errorf(ErrTooLarge, "jwks: a key set has at most %d bytes", maxSetBytes)
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, ErrSet
	}
	w := walker{json.NewDecoder(bytes.NewReader(body))}
	if !w.open('{') {
		return nil, ErrSet
	}
	elements, err := w.members()
	if err != nil || elements == nil {
		return nil, ErrSet
	}
	return elements, nil
}

// walker walks a text that is known to be valid JSON.
type walker struct{ *json.Decoder }

func (w walker) open(delim json.Delim) bool {
	t, err := w.Token()
	return err == nil && t == delim
}

// members returns the elements of the member keys, or nil without that member.
func (w walker) members() (elements []json.RawMessage, err error) {
	names := map[string]bool{}
	for w.More() {
		t, err := w.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if names[name] {
			return nil, strict.ErrDuplicate
		}
		names[name] = true
		if name == "keys" {
			elements, err = w.elements()
		} else {
			err = w.skip()
		}
		if err != nil {
			return nil, err
		}
	}
	return elements, nil
}

func (w walker) elements() ([]json.RawMessage, error) {
	if !w.open('[') {
		return nil, ErrSet
	}
	elements := []json.RawMessage{}
	for w.More() {
		var element json.RawMessage
		if err := w.Decode(&element); err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	if !w.open(']') {
		return nil, io.ErrUnexpectedEOF
	}
	return elements, nil
}

func (w walker) skip() error {
	var value json.RawMessage
	if err := w.Decode(&value); err != nil {
		return err
	}
	return strict.Valid(string(value))
}
